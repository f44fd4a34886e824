using Engine.Gguf;

namespace Engine.Tests.Gguf;

/// <summary>How llama.cpp v0.5.0 takes each of these was seen by giving it such files: every value of <c>general.sampling.*</c> as the
/// text that <c>llama_model_meta_val_str</c> makes of it, and the suppressed tokens only as an array of i32.</summary>
public sealed class GgufSamplingTests : IDisposable
{
    private const int V = 10;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_without_settings_has_no_defaults_and_suppresses_nothing()
    {
        GgufSampling sampling = Read();
        Assert.Equal(new SamplingOptions(), sampling.Defaults);
        Assert.Empty(sampling.Suppressed);
        Assert.Empty(sampling.Ignored);
    }

    [Fact]
    public void Each_key_has_its_option()
    {
        GgufSampling sampling = Read(
            ("temp", GgufValue.FromScalar(0.6f)), ("top_k", GgufValue.FromScalar(20)), ("top_p", GgufValue.FromScalar(0.9f)),
            ("min_p", GgufValue.FromScalar(0.1f)), ("penalty_repeat", GgufValue.FromScalar(1.1f)), ("penalty_last_n", GgufValue.FromScalar(128)),
            ("xtc_probability", GgufValue.FromScalar(0.25f)), ("xtc_threshold", GgufValue.FromScalar(0.2f)), ("mirostat", GgufValue.FromScalar(2)),
            ("mirostat_tau", GgufValue.FromScalar(3f)), ("mirostat_eta", GgufValue.FromScalar(0.3f)), ("sequence", GgufValue.FromString("temperature;top_p")));
        Assert.Equal(
            new SamplingOptions
            {
                Temperature = 0.6f,
                TopK = 20,
                TopP = 0.9f,
                MinP = 0.1f,
                RepetitionPenalty = 1.1f,
                PenaltyWindow = 128,
                XtcProbability = 0.25f,
                XtcThreshold = 0.2f,
                Mirostat = 2,
                MirostatTau = 3,
                MirostatEta = 0.3f,
                Samplers = "temperature;top_p",
            }, sampling.Defaults);
        Assert.Empty(sampling.Ignored);
    }

    [Fact]
    public void A_value_may_be_of_another_type()
    {
        GgufSampling sampling = Read(
            ("temp", GgufValue.FromString(" 0.5x")), ("top_k", GgufValue.FromScalar(12.7f)), ("top_p", GgufValue.FromScalar((byte)1)), ("min_p", GgufValue.FromScalar(0.25)));
        Assert.Equal(new SamplingOptions { Temperature = 0.5f, TopK = 12, TopP = 1, MinP = 0.25f }, sampling.Defaults);
        Assert.Empty(sampling.Ignored);
    }

    [Fact]
    public void A_value_beyond_a_range_counts_as_its_end()
    {
        GgufSampling sampling = Read(
            ("temp", GgufValue.FromScalar(-1f)), ("top_k", GgufValue.FromScalar(-5L)), ("top_p", GgufValue.FromScalar(2f)), ("min_p", GgufValue.FromScalar(-0.5f)),
            ("penalty_last_n", GgufValue.FromScalar(-1)), ("xtc_probability", GgufValue.FromScalar(7f)), ("xtc_threshold", GgufValue.FromScalar(-1f)));
        Assert.Equal(new SamplingOptions { Temperature = 0, TopK = 0, TopP = 1, MinP = 0, PenaltyWindow = -1, XtcProbability = 1, XtcThreshold = 0 }, sampling.Defaults);
        Assert.Empty(sampling.Ignored);
    }

    public static TheoryData<string, GgufValue, string> Senseless => new()
    {
        { "temp", GgufValue.FromScalar(float.NaN), "expected a finite number, found NaN" },
        { "temp", GgufValue.FromScalar(1e300), "expected a finite number, found 1E+300" },
        { "temp", GgufValue.FromString("hot\u001b[31m"), "expected a finite number, found a text" },
        { "temp", GgufValue.FromArray([1f]), "expected a finite number, found an array of Float32" },
        { "top_p", GgufValue.FromScalar(float.PositiveInfinity), "expected a finite number, found Infinity" },
        { "min_p", GgufValue.FromScalar(true), "expected a finite number, found True" },
        { "top_k", GgufValue.FromScalar(ulong.MaxValue), "found 18446744073709551615" },
        { "penalty_repeat", GgufValue.FromScalar(0f), "expected a finite number above 0, found 0" },
        { "penalty_last_n", GgufValue.FromScalar(-2), "expected a whole number from -1 on, found -2" },
        { "xtc_probability", GgufValue.FromScalar(float.NaN), "expected a finite number, found NaN" },
        { "mirostat", GgufValue.FromScalar(3), "expected 0, 1 or 2, found 3" }, // llama.cpp aborts
        { "mirostat_tau", GgufValue.FromScalar(-1f), "expected a finite number of 0 or more, found -1" },
        { "mirostat_eta", GgufValue.FromString("fast"), "expected a finite number of 0 or more, found a text" },
        { "sequence", GgufValue.FromScalar(5), "expected names of samplers, found 5" },
        { "sequence", GgufValue.FromString(";;"), "expected 1 to 64 names of samplers, found 0" },
        { "sequence", GgufValue.FromString(string.Join(';', Enumerable.Repeat("top_k", 65))), "expected 1 to 64 names of samplers, found 65" },
    };

    [Theory]
    [MemberData(nameof(Senseless), DisableDiscoveryEnumeration = true)]
    public void Invalid_values_are_ignored_with_a_message(string key, GgufValue value, string said)
    {
        GgufSampling sampling = Read((key, value));
        Assert.Equal(new SamplingOptions(), sampling.Defaults);
        string message = Assert.Single(sampling.Ignored);
        Assert.StartsWith($"'general.sampling.{key}' is ignored: ", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    /// <summary>dry, typ_p and the like are off without parameters of theirs, which no file has. The spellings are those that
    /// common_sampler_types_from_names of v0.5.0 takes.</summary>
    [Theory]
    [InlineData("penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature", "penalties;top_k;top_p;min_p;xtc;temperature")]
    [InlineData("temperature;min_p;top_k;top_k", "temperature;min_p;top_k;top_k")]
    [InlineData("Top-K;topp;MINP;nucleus;temp;XTC", "top_k;top_p;min_p;top_p;temperature;xtc")]
    [InlineData("typ;typ-p;topnsigma;adaptive-p;DRY;top_k", "top_k")]
    [InlineData("typ_p", "")]
    public void The_sequence_is_the_files_own_and_may_be_spelled_otherwise(string sequence, string samplers)
    {
        GgufSampling sampling = Read(("sequence", GgufValue.FromString(sequence)));
        Assert.Empty(sampling.Ignored);
        Assert.Equal(new SamplingOptions { Samplers = samplers }, sampling.Defaults);
    }

    [Theory]
    [InlineData("top_k;infill;temperature", "top_k;temperature", "1 of the 3 names in 'general.sampling.sequence' is ignored: this engine has no such sampler. It runs top_k;temperature.")]
    [InlineData("top_k; temperature;\u001b[31m", "top_k", "2 of the 3 names in 'general.sampling.sequence' are ignored: this engine has no such sampler. It runs top_k.")]
    [InlineData("top_kk", "", "1 of the 1 names in 'general.sampling.sequence' is ignored: this engine has no such sampler. It runs none.")]
    public void An_unknown_sampler_name_is_ignored_and_reported(string sequence, string samplers, string message)
    {
        GgufSampling sampling = Read(("sequence", GgufValue.FromString(sequence)));
        Assert.Equal(new SamplingOptions { Samplers = samplers }, sampling.Defaults);
        Assert.Equal(message, Assert.Single(sampling.Ignored));
    }

    [Fact]
    public void Suppressed_ids_outside_the_vocabulary_are_left_out()
    {
        GgufSampling sampling = Read(("suppress", GgufValue.FromArray([9, -1, 3, 3, 10])));
        Assert.Equal([3, 9], sampling.Suppressed);
        Assert.Equal("2 of the 5 ids in 'tokenizer.ggml.suppress_tokens' are ignored: expected tokens from 0 to 9, found -1.", Assert.Single(sampling.Ignored));
    }

    [Fact]
    public void Suppressed_tokens_of_another_type_are_refused()
    {
        Assert.Contains("expected an array of Int32, found an array of UInt32", Refusal(GgufValue.FromArray<uint>([3])), StringComparison.Ordinal);
        Assert.Contains("expected an array of Int32, found 3", Refusal(GgufValue.FromScalar(3)), StringComparison.Ordinal);

        string Refusal(GgufValue value) => Assert.Throws<ModelFileException>(() => Read(("suppress", value))).Message;
    }

    private GgufSampling Read(params (string Key, GgufValue Value)[] entries)
    {
        var writer = new GgufWriter();
        foreach ((string key, GgufValue value) in entries)
        {
            writer.SetMetadata(key == "suppress" ? GgufKeys.SuppressedTokens : "general.sampling." + key, value);
        }
        writer.Write(_folder.File("sampling.gguf"));
        using GgufFile file = GgufFile.Open(_folder.File("sampling.gguf"));
        return GgufSampling.Read(file.Metadata, V);
    }
}
