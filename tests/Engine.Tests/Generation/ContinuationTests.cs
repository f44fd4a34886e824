using System.Text;
using Engine.Generation;
using Engine.Tests.Serving;

namespace Engine.Tests.Generation;

public sealed class ContinuationTests
{
    // Says the given text over and over, by its bytes, then ends.
    private static ScriptedModel Says(string text, int context = 64) => new()
    {
        Next = tokens => tokens.Count - 1 < Encoding.UTF8.GetByteCount(text) ? Encoding.UTF8.GetBytes(text)[tokens.Count - 1] : ScriptedModel.End,
        Card = new ScriptedModel().Card with { ContextLength = context },
    };

    // Steps to the end as a backend would, without one: each row is the script's word on all tokens so far.
    private static List<GeneratedToken> Run(ScriptedModel model, GenerateRequest request, ulong seed = 1)
    {
        int[] prompt = [.. model.Tokenizer.Encode(request.Prompt.Text!)];
        var continuation = new Continuation(model.Tokenizer, hasText: true, model.Card, prompt, request, seed);
        var tokens = new List<int>();
        var steps = new List<GeneratedToken>();
        while (!continuation.IsFinished)
        {
            tokens.AddRange(continuation.Pending);
            Assert.InRange(tokens.Count, 1, model.Card.ContextLength);
            steps.Add(continuation.Accept(model.Row(tokens)));
        }
        Assert.Empty(continuation.Pending);
        return steps;
    }

    private static GenerateRequest Greedy(string prompt = "") => new() { Prompt = Prompt.FromText(prompt), Sampling = SamplingOptions.Greedy };

    [Fact]
    public void The_prompt_is_evaluated_first_and_then_each_token()
    {
        var model = Says("ab");
        var continuation = new Continuation(model.Tokenizer, hasText: true, model.Card, [ScriptedModel.Begin, 'x', 'y'], Greedy(), seed: 1);
        Assert.Null(continuation.Source);
        Assert.Equal([ScriptedModel.Begin, 'x', 'y'], continuation.Pending);
        continuation.Accept(model.Row([ScriptedModel.Begin]));
        Assert.Equal(['a'], continuation.Pending);
    }

    [Fact]
    public void The_answer_of_an_encoder_decoder_begins_with_its_start_token()
    {
        var model = new ScriptedModel();
        var card = model.Card with { DecoderStartToken = 7 };
        var continuation = new Continuation(model.Tokenizer, hasText: true, card, ['x', 'y'], Greedy(), seed: 1);
        Assert.Equal(['x', 'y'], continuation.Source!);
        Assert.Equal([7], continuation.Pending);
        Assert.Equal(2, continuation.Accept(model.Row([7])).PromptTokens);
    }

    [Fact]
    public void The_end_token_is_the_last_with_its_reason()
    {
        var tokens = Run(Says("hi😀"), Greedy());
        Assert.Equal("hi😀", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(ScriptedModel.End, tokens[^1].Token);
        Assert.Equal(FinishReason.EndOfGeneration, tokens[^1].FinishReason);
        Assert.All(tokens.SkipLast(1), t => Assert.Null(t.FinishReason));
        Assert.Equal(Enumerable.Range(0, 7), tokens.Select(t => t.Index));
        Assert.All(tokens, t => Assert.Equal(1, t.PromptTokens));
    }

    [Fact]
    public void The_requested_number_of_tokens_is_not_exceeded_and_held_text_comes_out()
    {
        var tokens = Run(Says("ab😀"), Greedy() with { MaxTokens = 4, Stop = ["bz"] });
        Assert.Equal("ab\uFFFD", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(FinishReason.MaxTokens, tokens[^1].FinishReason);
        Assert.Equal(4, tokens.Count);
    }

    [Fact]
    public void MaxTokens_zero_yields_nothing() => Assert.Empty(Run(Says("ab"), Greedy() with { MaxTokens = 0 }));

    [Fact]
    public void A_stop_text_is_not_part_of_the_answer()
    {
        var tokens = Run(Says("one\ntwo"), Greedy() with { Stop = ["\ntw", "zzz"] });
        Assert.Equal("one", string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(FinishReason.Stop, tokens[^1].FinishReason);
        Assert.Equal("\ntw", tokens[^1].StopText);
        Assert.Equal('w', tokens[^1].Token);
    }

    [Fact]
    public void A_full_context_ends_the_answer_and_shifts_nothing_out()
    {
        var tokens = Run(Says(new string('a', 100), context: 8), Greedy("abc"));
        Assert.Equal(FinishReason.ContextFull, tokens[^1].FinishReason);
        Assert.Equal(5, tokens.Count); // 4 of 8 for the prompt, and a fifth that needs no room of its own
    }

    [Fact]
    public void A_prompt_that_fills_the_context_gets_one_token() =>
        Assert.Equal(FinishReason.ContextFull, Assert.Single(Run(Says("aaaa", context: 4), Greedy("abc"))).FinishReason);

    [Fact]
    public void Generation_continues_after_the_end_token_when_asked()
    {
        var tokens = Run(Says("x"), Greedy() with { IgnoreEndOfGeneration = true, MaxTokens = 3 });
        Assert.Equal(['x', ScriptedModel.End, ScriptedModel.End], tokens.Select(t => t.Token));
        Assert.Equal(FinishReason.MaxTokens, tokens[^1].FinishReason);
    }

    [Fact]
    public void Each_token_carries_the_logits_of_its_own_step_before_penalties()
    {
        var model = Says("ab");
        var tokens = Run(model, Greedy() with { Logits = StepLogits.Full, Sampling = SamplingOptions.Greedy with { PresencePenalty = 1 } });
        Assert.Equal(model.Row([ScriptedModel.Begin]), tokens[0].Logits);
        Assert.Equal(model.Row([ScriptedModel.Begin, 'a']), tokens[1].Logits);
        var top = Run(model, Greedy() with { Logits = StepLogits.TopK, TopK = 2 })[0].TopK!;
        Assert.Equal(['a', ScriptedModel.End], top.Select(t => t.Token));
    }

    [Fact]
    public void The_same_seed_gives_the_same_tokens_and_another_different_ones()
    {
        var request = Greedy() with { Sampling = new() { Temperature = 1e4f, TopK = 0, TopP = 1, MinP = 0 }, MaxTokens = 20 };
        int[] Tokens(ulong seed) => [.. Run(Says("a"), request, seed).Select(t => t.Token)];
        Assert.Equal(Tokens(5), Tokens(5));
        Assert.NotEqual(Tokens(5), Tokens(6));
    }

    [Fact]
    public void Penalties_see_the_prompt()
    {
        var tokens = Run(Says("a"), Greedy("a") with { MaxTokens = 1, Sampling = SamplingOptions.Greedy with { PresencePenalty = 100 } });
        Assert.NotEqual('a', tokens[0].Token);
    }
}
