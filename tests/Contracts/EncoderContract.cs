using Engine;

namespace Tests.Contracts;

/// <summary>What every encoder with a classifier of three scores must do: BERT.</summary>
public abstract class EncoderContract : ModelContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Embed;

    protected override async Task<float[][]> Answer(int[] tokens, CancellationToken cancellationToken = default) =>
        [.. (await Model.EmbedAsync(Embed(Prompt.FromTokens(tokens)), cancellationToken)).Rows];

    private static EmbedRequest Embed(params Prompt[] inputs) => new() { Inputs = inputs, Pooling = Pooling.None, Numerics = Numerics.Strict };

    [Fact]
    public async Task Scoring_and_generating_are_refused_with_what_can_be_done_instead()
    {
        var error = await Assert.ThrowsAsync<UnsupportedRequestException>(() => Model.ScoreAsync(new() { Tokens = Prompt.FromTokens([1]) }).ToListAsync().AsTask());
        Assert.Contains($"{Model.Card.Name} is a bert on {Model.Card.Backend}: it embeds text.", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnsupportedRequestException>(() => Model.GenerateAsync(new() { Prompt = Prompt.FromText("a") }).ToListAsync().AsTask());
    }

    [Fact]
    public async Task A_token_attends_to_those_after_it()
    {
        var (shorter, longer) = (await Answer(Tokens(4)), await Answer(Tokens(5)));
        Assert.True(Agreement.OfRms(shorter[0], longer[0]) > 1e-3);
    }

    [Fact]
    public async Task Inputs_do_not_know_of_each_other()
    {
        var alone = await Model.EmbedAsync(Embed(Prompt.FromText("once upon")));
        var together = await Model.EmbedAsync(Embed(Prompt.FromText("a time"), Prompt.FromText("once upon")));
        Assert.Equal([4, 4], together.TokenCounts);
        Assert.True(Agreement.OfRms(alone.Rows[3], together.Rows[7]) < Agreement.Floats);
    }

    [Fact]
    public async Task The_classifier_gives_its_scores()
    {
        var answer = await Model.EmbedAsync(Embed(Prompt.FromTokens(Tokens(5)), Prompt.FromTokens(Tokens(7))) with { Pooling = Pooling.Rank });
        Assert.Equal(3, answer.Dimensions);
        Assert.All(answer.Rows, scores => Assert.Equal(3, scores.Length));
        Assert.True(Agreement.OfRms(answer.Rows[0], answer.Rows[1]) > 1e-4);
    }

    [Fact]
    public async Task A_pair_is_told_apart_by_its_segments_or_refused()
    {
        var pair = Embed(Prompt.FromPair("once upon", "the time"));
        if (!Model.Card.Capabilities.HasFlag(ModelCapabilities.Segments))
        {
            var error = await Assert.ThrowsAsync<UnsupportedRequestException>(() => Model.EmbedAsync(pair).AsTask());
            Assert.Contains("Use a BERT on the reference backend", error.Message, StringComparison.Ordinal);
            return;
        }
        var answer = await Model.EmbedAsync(pair);
        int[] tokens = [.. pair.Inputs[0].ToTokens(Model.Tokenizer)];
        Assert.Equal([7], answer.TokenCounts);
        var ofOne = await Answer(tokens);
        Assert.True(Agreement.OfRms(ofOne[^1], answer.Rows[^1]) > 1e-3);
        var marked = await Model.EmbedAsync(Embed(Prompt.FromTokens(tokens, [0, 0, 0, 0, 1, 1, 1])));
        Assert.Equal(answer.Rows[^1], marked.Rows[^1]);
    }

    [Fact]
    public async Task Segments_of_zero_are_those_of_none()
    {
        var marked = await Model.EmbedAsync(Embed(Prompt.FromTokens(Tokens(3), [0, 0, 0])));
        Assert.True(Agreement.OfRms((await Answer(Tokens(3)))[2], marked.Rows[2]) < Agreement.Floats);
        await Assert.ThrowsAsync<InvalidRequestException>(() => Model.EmbedAsync(Embed(Prompt.FromTokens([1, 2], [0, 2]))).AsTask());
    }

    [Fact]
    public async Task Activations_come_with_the_embeddings_of_a_single_input()
    {
        var request = Embed(Prompt.FromTokens(Tokens(5))) with { Activations = ["kq_soft_max-0", "ffn_out-1", "result_embd", "no_such_name"] };
        var answer = await Model.EmbedAsync(request);
        Assert.Equal(["kq_soft_max-0", "ffn_out-1", "result_embd"], answer.Activations.Select(activation => activation.Name).Distinct());
        Assert.All(answer.Activations, activation => Assert.Null(activation.Part));
        var probabilities = Assert.Single(answer.Activations, activation => activation.Name == "kq_soft_max-0");
        Assert.Equal([5, 5, 4], probabilities.Shape);
        Assert.All(probabilities.Values.Chunk(5), row => Assert.Equal(1, row.Sum(), 1e-5f));
        Assert.True(Agreement.OfRms([.. answer.Rows.SelectMany(row => row)], answer.Activations[^1].Values) < Agreement.Floats);
        await Assert.ThrowsAsync<InvalidRequestException>(
            () => Model.EmbedAsync(request with { Inputs = [Prompt.FromTokens([1]), Prompt.FromTokens([2])] }).AsTask());
    }

    [Fact]
    public void A_text_stands_between_the_tokens_that_begin_and_separate()
    {
        var tokens = Model.Tokenizer.Encode("Once upon");
        Assert.Equal(["[CLS]", "▁once", "▁upon", "[SEP]"], tokens.Select(Model.Tokenizer.GetPiece));
        Assert.Contains("once", Model.Tokenizer.Decode(tokens), StringComparison.Ordinal);
    }
}
