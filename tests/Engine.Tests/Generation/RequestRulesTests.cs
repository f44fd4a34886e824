using Engine.Generation;
using Engine.Tests.Serving;

namespace Engine.Tests.Generation;

public sealed class RequestRulesTests
{
    private static readonly Prompt Text = Prompt.FromText("a");
    private static readonly ModelCard Card = new ScriptedModel().Card;

    public static TheoryData<GenerateRequest, string> Generate => new()
    {
        { new() { Prompt = null! }, "Prompt" },
        { new() { Prompt = Text, MaxTokens = -1 }, "MaxTokens" },
        { new() { Prompt = Text, Sampling = null! }, "Sampling" },
        { new() { Prompt = Text, Stop = null! }, "Stop" },
        { new() { Prompt = Text, Stop = [""] }, "Stop" },
        { new() { Prompt = Text, Stop = [null!] }, "Stop" },
        { new() { Prompt = Text, Stop = ["\uDE00"] }, "surrogate" },
        { new() { Prompt = Text, Logits = (StepLogits)9 }, "Logits" },
        { new() { Prompt = Text, Logits = StepLogits.TopK, TopK = 0 }, "TopK" },
        { new() { Prompt = Text, Numerics = (Numerics)9 }, "Numerics" },
        { new() { Prompt = Text, LogitBias = null! }, "LogitBias" },
        { new() { Prompt = Text, LogitBias = new Dictionary<int, float> { [3] = float.NaN } }, "LogitBias" },
        { new() { Prompt = Text, LogitBias = new Dictionary<int, float> { [3] = float.PositiveInfinity } }, "LogitBias" },
        { new() { Prompt = Text, LogitBias = Enumerable.Range(0, 258).ToDictionary(id => id, _ => float.NegativeInfinity) }, "all of them excluded" },
        { new() { Prompt = Text, Sampling = new() { Temperature = -1 } }, "Temperature" },
        { new() { Prompt = Text, Sampling = new() { Temperature = float.NaN } }, "Temperature" },
        { new() { Prompt = Text, Sampling = new() { Temperature = float.PositiveInfinity } }, "Temperature" },
        { new() { Prompt = Text, Sampling = new() { TopK = -1 } }, "TopK" },
        { new() { Prompt = Text, Sampling = new() { TopP = 1.5f } }, "TopP" },
        { new() { Prompt = Text, Sampling = new() { TopP = float.NaN } }, "TopP" },
        { new() { Prompt = Text, Sampling = new() { MinP = -0.1f } }, "MinP" },
        { new() { Prompt = Text, Sampling = new() { RepetitionPenalty = 0 } }, "RepetitionPenalty" },
        { new() { Prompt = Text, Sampling = new() { FrequencyPenalty = float.NaN } }, "FrequencyPenalty" },
        { new() { Prompt = Text, Sampling = new() { PresencePenalty = float.NegativeInfinity } }, "PresencePenalty" },
        { new() { Prompt = Text, Sampling = new() { PenaltyWindow = -2 } }, "PenaltyWindow" },
        { new() { Prompt = Text, Sampling = new() { XtcProbability = 1.01f } }, "XtcProbability" },
        { new() { Prompt = Text, Sampling = new() { XtcProbability = float.NaN } }, "XtcProbability" },
        { new() { Prompt = Text, Sampling = new() { XtcThreshold = -0.1f } }, "XtcThreshold" },
        { new() { Prompt = Text, Sampling = new() { Mirostat = 3 } }, "Mirostat to be 0 (off), 1 or 2, found 3" },
        { new() { Prompt = Text, Sampling = new() { MirostatTau = float.NaN } }, "MirostatTau" },
        { new() { Prompt = Text, Sampling = new() { MirostatEta = float.PositiveInfinity } }, "MirostatEta" },
        { new() { Prompt = Text, Sampling = new() { Samplers = "top_k;dry" } }, "Samplers to be samplers (penalties;top_k;top_p;min_p;xtc;temperature), at most 64, found 'dry'" },
        { new() { Prompt = Text, Sampling = new() { Samplers = string.Join(';', Enumerable.Repeat("xtc", 65)) } }, "found 65 names" },
    };

    public static TheoryData<ScoreRequest, string> Score => new()
    {
        { new() { Tokens = null! }, "Tokens" },
        { new() { Tokens = Text, FirstPosition = -1 }, "FirstPosition" },
        { new() { Tokens = Text, PositionCount = 0 }, "PositionCount" },
        { new() { Tokens = Text, PositionCount = -5 }, "PositionCount" },
        { new() { Tokens = Text, Form = (ScoreForm)9 }, "Form" },
        { new() { Tokens = Text, Form = ScoreForm.TopK, TopK = 0 }, "TopK" },
        { new() { Tokens = Text, BlockRows = 0 }, "BlockRows" },
        { new() { Tokens = Text, Numerics = (Numerics)(-1) }, "Numerics" },
        { new() { Tokens = Text, Activations = null! }, "Activations" },
        { new() { Tokens = Text, Activations = [""] }, "Activations" },
        { new() { Tokens = Text, Activations = ["l_out-0"], FirstPosition = 1 }, "FirstPosition" },
        { new() { Tokens = Text, Activations = ["l_out-0"], PositionCount = 1 }, "PositionCount" },
    };

    public static TheoryData<EmbedRequest, string> Embed => new()
    {
        { new() { Inputs = null! }, "Inputs" },
        { new() { Inputs = [] }, "Inputs" },
        { new() { Inputs = [null!] }, "Inputs" },
        { new() { Inputs = [Text], Pooling = (Pooling)9 }, "Pooling" },
        { new() { Inputs = [Text], Pooling = Pooling.Rank, Normalize = true }, "Normalize" },
        { new() { Inputs = [Text], Numerics = (Numerics)9 }, "Numerics" },
    };

    [Theory]
    [MemberData(nameof(Generate))]
    public void An_invalid_generate_request_is_refused_by_name(GenerateRequest request, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidRequestException>(() => RequestRules.Check(request, Card)).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Score))]
    public void An_invalid_score_request_is_refused_by_name(ScoreRequest request, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidRequestException>(() => RequestRules.Check(request, Card)).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Embed))]
    public void An_invalid_embed_request_is_refused_by_name(EmbedRequest request, string name) =>
        Assert.Contains(name, Assert.Throws<InvalidRequestException>(() => RequestRules.Check(request, Card)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_request_that_the_model_cannot_serve_is_refused()
    {
        var nothing = Card with { Capabilities = ModelCapabilities.None };
        Assert.Throws<UnsupportedRequestException>(() => RequestRules.Check(new GenerateRequest { Prompt = Text }, nothing));
        Assert.Throws<UnsupportedRequestException>(() => RequestRules.Check(new ScoreRequest { Tokens = Text }, nothing));
        Assert.Throws<UnsupportedRequestException>(() => RequestRules.Check(new EmbedRequest { Inputs = [Text] }, nothing));
        Assert.Throws<UnsupportedRequestException>(() => RequestRules.Check(new ScoreRequest { Tokens = Text, Source = Text }, Card));
    }

    [Fact]
    public void A_bias_for_an_unknown_token_is_refused()
    {
        foreach (int none in new[] { -1, 258 })
        {
            Assert.Throws<TokenOutOfRangeException>(() => RequestRules.Check(new GenerateRequest { Prompt = Text, LogitBias = new Dictionary<int, float> { [none] = 1 } }, Card));
        }
        RequestRules.Check(new GenerateRequest { Prompt = Text, LogitBias = Enumerable.Range(0, 257).ToDictionary(id => id, _ => float.NegativeInfinity) }, Card);
        ModelCard suppressing = Card with { SuppressedTokens = [257] };
        Assert.Throws<InvalidRequestException>(() => RequestRules.Check(
            new GenerateRequest { Prompt = Text, LogitBias = Enumerable.Range(0, 257).ToDictionary(id => id, _ => float.NegativeInfinity) }, suppressing));
    }

    [Fact]
    public void A_model_whose_file_suppresses_every_token_generates_nothing()
    {
        var silent = Card with { SuppressedTokens = [.. Enumerable.Range(0, Card.VocabularySize)] };
        Assert.Contains("all 258 suppressed", Assert.Throws<UnsupportedRequestException>(() => RequestRules.Check(new GenerateRequest { Prompt = Text }, silent)).Message, StringComparison.Ordinal);
        RequestRules.Check(new ScoreRequest { Tokens = Text }, silent);
    }

    [Fact]
    public void Numbers_in_the_message_do_not_depend_on_the_culture() =>
        Assert.Contains("-0.5", Assert.Throws<InvalidRequestException>(
            () => RequestRules.Check(new GenerateRequest { Prompt = Text, Sampling = new() { MinP = -0.5f } }, Card)).Message, StringComparison.Ordinal);
}
