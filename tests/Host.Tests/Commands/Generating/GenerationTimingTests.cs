using Engine.Host.Commands.Generating;

namespace Engine.Host.Tests.Commands.Generating;

public sealed class GenerationTimingTests
{
    private static GenerationTiming Time(params double[] seconds)
    {
        var timing = new GenerationTiming();
        foreach ((int index, double at) in seconds.Index())
        {
            timing.Mark(new GeneratedToken { Token = 1, Text = "", Index = index, PromptTokens = 100, Elapsed = TimeSpan.FromSeconds(at) });
        }
        return timing;
    }

    [Fact]
    public void Speeds_are_those_of_the_computation_however_quickly_the_tokens_are_read()
    {
        GenerationTiming timing = Time(0.5, 0.75, 1); // all of them read at once, here
        Assert.Equal(200, timing.PrefillTokensPerSecond);
        Assert.Equal(4, timing.DecodeTokensPerSecond);
    }

    [Fact]
    public void A_generation_without_times_has_no_speed()
    {
        Assert.Null(Time().PrefillTokensPerSecond);
        Assert.Null(Time(0.5).DecodeTokensPerSecond);
        Assert.Null(Time(0, 0).DecodeTokensPerSecond);
    }
}
