using System.Text;
using Engine.Generation;

namespace Engine.Tests.Generation;

public sealed class GenerationLoopTests
{
    // Says the given text over and over, by its bytes, then ends.
    private static ScriptedModel Says(string text, int context = 64) => new()
    {
        Next = tokens => tokens.Count - 1 < Encoding.UTF8.GetByteCount(text) ? Encoding.UTF8.GetBytes(text)[tokens.Count - 1] : ScriptedModel.End,
        Card = new ScriptedModel().Card with { ContextLength = context },
    };

    private static async Task<List<GeneratedToken>> Run(ScriptedModel model, GenerateRequest request)
    {
        await using var sessions = new SessionModel(model, 1);
        return await sessions.GenerateAsync(request).ToListAsync();
    }

    private static GenerateRequest Greedy(string prompt = "") => new() { Prompt = Prompt.FromText(prompt), Sampling = SamplingOptions.Greedy };

    [Fact]
    public async Task The_end_token_is_the_last_with_its_reason()
    {
        var tokens = await Run(Says("hi😀"), Greedy());
        Assert.Equal("hi😀", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(ScriptedModel.End, tokens[^1].Token);
        Assert.Equal(FinishReason.EndOfGeneration, tokens[^1].FinishReason);
        Assert.All(tokens.SkipLast(1), t => Assert.Null(t.FinishReason));
        Assert.Equal(Enumerable.Range(0, 7), tokens.Select(t => t.Index));
        Assert.All(tokens, t => Assert.Equal(1, t.PromptTokens));
    }

    [Fact]
    public async Task The_number_of_tokens_asked_for_is_not_exceeded_and_what_is_held_comes_out()
    {
        var tokens = await Run(Says("ab😀"), Greedy() with { MaxTokens = 4, Stop = ["bz"] });
        Assert.Equal("ab\uFFFD", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(FinishReason.MaxTokens, tokens[^1].FinishReason);
        Assert.Equal(4, tokens.Count);
    }

    [Fact]
    public async Task No_tokens_are_a_valid_wish() => Assert.Empty(await Run(Says("ab"), Greedy() with { MaxTokens = 0 }));

    [Fact]
    public async Task A_stop_text_is_not_part_of_the_answer()
    {
        var tokens = await Run(Says("one\ntwo"), Greedy() with { Stop = ["\ntw", "zzz"] });
        Assert.Equal("one", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(FinishReason.Stop, tokens[^1].FinishReason);
        Assert.Equal('w', tokens[^1].Token);
    }

    [Fact]
    public async Task A_full_context_ends_the_answer_and_shifts_nothing_out()
    {
        var tokens = await Run(Says(new string('a', 100), context: 8), Greedy("abc"));
        Assert.Equal(FinishReason.ContextFull, tokens[^1].FinishReason);
        Assert.Equal(5, tokens.Count); // 4 of 8 for the prompt, and a fifth that needs no room of its own
    }

    [Fact]
    public async Task A_prompt_that_fills_the_context_gets_one_token() =>
        Assert.Equal(FinishReason.ContextFull, Assert.Single(await Run(Says("aaaa", context: 4), Greedy("abc"))).FinishReason);

    [Fact]
    public async Task Generation_goes_on_behind_the_end_token_when_asked()
    {
        var tokens = await Run(Says("x"), Greedy() with { IgnoreEndOfGeneration = true, MaxTokens = 3 });
        Assert.Equal(['x', ScriptedModel.End, ScriptedModel.End], tokens.Select(t => t.Token));
        Assert.Equal(FinishReason.MaxTokens, tokens[^1].FinishReason);
    }

    [Fact]
    public async Task Each_token_carries_the_logits_of_its_own_step_before_penalties()
    {
        var model = Says("ab");
        var tokens = await Run(model, Greedy() with { Logits = StepLogits.Full, Sampling = SamplingOptions.Greedy with { PresencePenalty = 1 } });
        Assert.Equal(model.Row([ScriptedModel.Begin]), tokens[0].Logits);
        Assert.Equal(model.Row([ScriptedModel.Begin, 'a']), tokens[1].Logits);
        var top = (await Run(model, Greedy() with { Logits = StepLogits.TopK, TopK = 2 }))[0].TopK!;
        Assert.Equal(['a', ScriptedModel.End], top.Select(t => t.Token));
    }

    [Fact]
    public async Task A_seed_gives_the_same_tokens_again_and_another_gives_others()
    {
        var request = Greedy() with { Sampling = new() { Temperature = 1e4f, TopK = 0, TopP = 1, MinP = 0, Seed = 5 }, MaxTokens = 20 };
        async Task<int[]> Tokens(ulong? seed) => [.. (await Run(Says("a"), request with { Sampling = request.Sampling with { Seed = seed } })).Select(t => t.Token)];
        Assert.Equal(await Tokens(5), await Tokens(5));
        Assert.NotEqual(await Tokens(5), await Tokens(6));
        Assert.NotEqual(await Tokens(null), await Tokens(null));
    }

    [Fact]
    public async Task Penalties_see_the_prompt()
    {
        var tokens = await Run(Says("a"), Greedy("a") with { MaxTokens = 1, Sampling = SamplingOptions.Greedy with { PresencePenalty = 100 } });
        Assert.NotEqual('a', tokens[0].Token);
    }
}
