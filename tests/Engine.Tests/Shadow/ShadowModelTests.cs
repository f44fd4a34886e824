using System.Text.Json;
using Engine.Parity;
using Engine.Tests.Serving;

namespace Engine.Tests.Shadow;

/// <summary>A caller gets the same with and without checks, however the logits are obtained.</summary>
public sealed class ShadowModelTests
{
    public static TheoryData<string> Forms => ["plain", "top-k", "full", "constrained", "biased", "stopped"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Answers_are_the_same_to_the_last_number(string form)
    {
        GenerateRequest request = ShadowSetting.Request with { MaxTokens = 6 };
        request = form switch
        {
            "top-k" => request with { Logits = StepLogits.TopK, TopK = 3 },
            "full" => request with { Logits = StepLogits.Full },
            "constrained" => request with { Constraint = new RegexConstraint("[xyz]{4}"), Logits = StepLogits.TopK },
            "biased" => request with { LogitBias = new Dictionary<int, float> { ['b'] = 9.5f } },
            "stopped" => request with { Stop = ["oko"] },
            _ => request,
        };
        string expected = await AnswerAsync($"shadow-same-{form}-off", 0, isWrapped: false, request);
        Assert.Equal(expected, await AnswerAsync($"shadow-same-{form}-tapped", 1, isWrapped: false, request));
        Assert.Equal(expected, await AnswerAsync($"shadow-same-{form}-asked", 1, isWrapped: true, request));
    }

    [Fact]
    public async Task A_reader_that_leaves_early_leaves_a_sample_of_the_steps_so_far()
    {
        await using ShadowSetting setting = await new ShadowSetting("shadow-left").StartAsync();
        await foreach (GeneratedToken token in setting.Model.GenerateAsync(ShadowSetting.Request))
        {
            break;
        }
        await setting.Until(() => setting.Records.Count == 1);
        Assert.InRange(setting.Records[0].Positions, 1, 5);
    }

    private static async Task<string> AnswerAsync(string name, int rate, bool isWrapped, GenerateRequest request)
    {
        await using ShadowSetting setting = await new ShadowSetting(name, ("Shadow:Rate", $"{rate}"))
        {
            Scripted = new ScriptedModel { Next = tokens => tokens[^1] == 'o' ? 'k' : 'o' },
            Oracle = static () => new ScriptedModel { Next = tokens => tokens[^1] == 'o' ? 'k' : 'o' },
            Wrap = model => isWrapped ? new ElsewhereModel(model) : model,
        }.StartAsync();
        List<GeneratedToken> tokens = await setting.Model.GenerateAsync(request).ToListAsync();
        Assert.NotEmpty(tokens);
        if (rate == 1)
        {
            await setting.Until(() => setting.Records.Count == 1);
            Assert.Equal((ParityVerdict.Pass, tokens.Count), (setting.Records[0].Verdict, setting.Records[0].Positions));
        }
        return JsonSerializer.Serialize(tokens.Select(token => token with { Elapsed = default }));
    }

    /// <summary>Stands for a model in another process: what is not part of the contract does not reach it.</summary>
    private sealed class ElsewhereModel(IModel inner) : DelegatingModel(inner)
    {
        public override IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
            Inner.GenerateAsync(request with { Tap = null }, cancellationToken);
    }
}
