using Engine.Sampling;

namespace Engine.Tests.Sampling;

public sealed class SamplingSettingsTests
{
    [Fact]
    public void A_request_goes_before_the_file_and_the_file_before_the_defaults()
    {
        var file = new SamplingOptions { Temperature = 0.3f, TopK = 7 };
        SamplingSettings settings = SamplingSettings.Of(new SamplingOptions { Temperature = 0.9f }, file);
        Assert.Equal(SamplingSettings.Of(SamplingOptions.Default with { Temperature = 0.9f, TopK = 7 }), settings);
        Assert.Equal((0.8f, 40, 0.95f, 0.05f), SamplingSettings.Of(new()) is var standard ? (standard.Temperature, standard.TopK, standard.TopP, standard.MinP) : default);
    }

    [Fact]
    public void Greedy_is_greedy_whatever_the_file_has()
    {
        var file = new SamplingOptions { Temperature = 2, TopK = 3, TopP = 0.1f, MinP = 0.9f, RepetitionPenalty = 2, FrequencyPenalty = 1, PresencePenalty = 1, PenaltyWindow = -1 };
        Assert.Equal(SamplingSettings.Of(SamplingOptions.Greedy), SamplingSettings.Of(SamplingOptions.Greedy, file));
    }
}
