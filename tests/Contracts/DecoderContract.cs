using Engine;

namespace Tests.Contracts;

/// <summary>What every decoder must do: LLaMA, GPT-2.</summary>
public abstract class DecoderContract : GeneratorContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed;

    protected override ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict };

    protected override int[] Begin(GenerateRequest request) => [.. request.Prompt.Tokens!];

    [Fact]
    public async Task A_source_is_refused()
    {
        var error = await Assert.ThrowsAsync<UnsupportedRequestException>(() => Rows(Score(1) with { Source = Prompt.FromText("a") }));
        Assert.Contains("has no encoder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activations_come_by_name()
    {
        var blocks = await Model.ScoreAsync(Score(Tokens(5)) with { Activations = ["l_out-0", "kq_soft_max-0"] }).ToListAsync();
        Assert.All(blocks[0].Activations, activation => Assert.Null(activation.Part));
        Assert.Equal([Model.Card.EmbeddingLength, 5L], Assert.Single(blocks[0].Activations, a => a.Name == "l_out-0").Shape);
        var probabilities = Assert.Single(blocks[0].Activations, a => a.Name == "kq_soft_max-0");
        Assert.Equal([5L, 5], probabilities.Shape.Take(2));
        Assert.All(probabilities.Values.Chunk(5), row => Assert.Equal(1, row.Sum(), 1e-5f));
    }

    [Fact]
    public async Task All_activations_come_in_the_order_of_the_pass()
    {
        var blocks = await Model.ScoreAsync(Score(Tokens(5)) with { Activations = [ScoreRequest.AllActivations] }).ToListAsync();
        string[] names = [.. blocks[0].Activations.Select(activation => activation.Name)];
        string[] some = ["attn_norm-0", "kq-0", "kqv_out-0", "ffn_inp-0", "l_out-0", "attn_norm-1", "l_out-1", "result_norm", "result_output"];
        int[] order = [.. some.Select(name => Array.IndexOf(names, name))];
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
        Assert.Equal(blocks[0].Activations.Count, blocks[0].Activations.Select(a => (a.Name, a.Operation, a.Occurrence)).Distinct().Count());
    }

    [Fact]
    public void Text_survives_the_tokenizer()
    {
        foreach (string text in new[] { "Once upon a time", "naïve café", "emoji 😀 and \0 zero", "  two  blanks " })
        {
            Assert.Contains(text, Model.Tokenizer.Decode(Model.Tokenizer.Encode(text, addSpecial: false)), StringComparison.Ordinal);
        }
        Assert.Contains("\uFFFD", Model.Tokenizer.Decode(Model.Tokenizer.Encode("a\uD800b")), StringComparison.Ordinal);
    }
}
