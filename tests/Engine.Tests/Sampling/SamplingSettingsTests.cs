using Engine.Sampling;

namespace Engine.Tests.Sampling;

public sealed class SamplingSettingsTests
{
    [Fact]
    public void A_request_overrides_the_file_and_the_file_the_defaults()
    {
        var file = new SamplingOptions { Temperature = 0.3f, TopK = 7 };
        SamplingSettings settings = SamplingSettings.Of(new SamplingOptions { Temperature = 0.9f }, file);
        Assert.Equal(SamplingSettings.Of(SamplingOptions.Default with { Temperature = 0.9f, TopK = 7 }), settings);
        Assert.Equal((0.8f, 40, 0.95f, 0.05f), SamplingSettings.Of(new()) is var standard ? (standard.Temperature, standard.TopK, standard.TopP, standard.MinP) : default);
    }

    [Fact]
    public void Greedy_is_greedy_whatever_the_file_has()
    {
        var file = new SamplingOptions
        {
            Temperature = 2,
            TopK = 3,
            TopP = 0.1f,
            MinP = 0.9f,
            RepetitionPenalty = 2,
            FrequencyPenalty = 1,
            PresencePenalty = 1,
            PenaltyWindow = -1,
            XtcProbability = 1,
            XtcThreshold = 0,
            Mirostat = 2,
            MirostatTau = 1,
            MirostatEta = 1,
            Samplers = "xtc",
        };
        Assert.Equal(SamplingSettings.Of(SamplingOptions.Greedy), SamplingSettings.Of(SamplingOptions.Greedy, file));
        Assert.True(SamplingSettings.Of(SamplingOptions.Greedy, file).IsGreedy);
    }

    [Fact]
    public void Every_option_has_a_default_and_a_way_from_request_and_file()
    {
        Assert.All(
            typeof(SamplingOptions).GetProperties().Where(option => option.Name is not (nameof(SamplingOptions.Seed) or nameof(SamplingOptions.Default) or nameof(SamplingOptions.Greedy))),
            option =>
            {
                Assert.NotNull(option.GetValue(SamplingOptions.Default));
                Assert.Equal(option.GetValue(SamplingOptions.Default), option.GetValue(new SamplingOptions().WithDefaults(SamplingOptions.Default)));
            });
    }

    /// <summary>What has nothing to do is left out, and nothing comes after a temperature of 0, which leaves one token.</summary>
    [Theory]
    [InlineData("top_k;temp;top_p", 1f, "top_k;top_p")]
    [InlineData("top_k;temp;top_p", 0.5f, "top_k;temperature;top_p")]
    [InlineData("top_k;min_p;temp;top_p;xtc", 0f, "temperature")]
    [InlineData("top_k;xtc;top_p;temp", 0f, "top_k;xtc;temperature")]
    [InlineData("penalties;top_k;", 0f, "top_k")]
    [InlineData("", 0f, "")]
    public void The_chain_decides_which_samplers_run(string samplers, float temperature, string chain)
    {
        var options = new SamplingOptions { Samplers = samplers, Temperature = temperature, XtcProbability = 0.5f };
        Assert.Equal(chain, SamplerNames.Join(SamplingSettings.Of(options).Chain()));
        Assert.Equal(chain == "temperature", SamplingSettings.Of(options).IsGreedy);
        Assert.Equal(temperature == 1 ? "" : "temperature", SamplerNames.Join(SamplingSettings.Of(options with { Mirostat = 1 }).Chain()));
    }
}
