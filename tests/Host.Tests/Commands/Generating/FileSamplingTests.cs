using System.Text.Json;
using Engine.Host.Tests.Api;
using Engine.Host.Tests.Hostile;

namespace Engine.Host.Tests.Commands.Generating;

/// <summary>What a file says about sampling applies on every backend and through every entry point.</summary>
public sealed class FileSamplingTests : IDisposable
{
    private const int FirstByte = 3, LastByte = 258;

    private static readonly string[] Wide = ["--temperature", "3", "--top-k", "0", "--top-p", "1", "--min-p", "0"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("llamasharp")]
    [InlineData("reference")]
    public async Task A_suppressed_token_is_never_drawn(string backend)
    {
        string plain = Write("plain", file => file);
        string suppresses = Write("suppresses", SuppressBytes);
        int drawn = 0;
        foreach (string[] sampling in new string[][] { ["--temperature", "0"], [.. Wide, "--seed", "1"] })
        {
            drawn += Tokens(await GenerateAsync(plain, backend, sampling)).Count(IsByte);
            Outcome outcome = await GenerateAsync(suppresses, backend, sampling);
            Assert.DoesNotContain(Tokens(outcome), IsByte);
            Assert.Equal($"Note: model: its file suppresses 256 of {SmallModels.Vocabulary} tokens; they are never drawn.\n", outcome.Error);
        }
        Assert.NotEqual(0, drawn); // without the list some are
    }

    [Fact]
    public async Task A_generation_from_a_file_that_suppresses_tokens_is_verified()
    {
        Outcome outcome = await GenerateAsync(Write("suppresses", SuppressBytes), "llama.cpp", "--temperature", "0", "--verify");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("pass", Json(outcome).GetProperty("validate").GetProperty("verdict").GetString());
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("llamasharp")]
    [InlineData("reference")]
    public async Task The_files_defaults_apply_unless_an_option_overrides_them(string backend)
    {
        string path = Write("greedy", file => file.Set("general.sampling.temp", 0f).Set("general.sampling.top_k", 1));
        Outcome first = await GenerateAsync(path, backend, "--seed", "1");
        Outcome second = await GenerateAsync(path, backend, "--seed", "2");
        Assert.Equal(Tokens(first), Tokens(second));
        Assert.Equal("Note: model: sampling options that a request leaves out are taken from the file: temperature 0, top-k 1.\n", first.Error);
        Assert.False(Json(first).TryGetProperty("seed", out _)); // nothing is drawn
        Assert.NotEqual(Tokens(await GenerateAsync(path, backend, [.. Wide, "--seed", "1"])), Tokens(await GenerateAsync(path, backend, [.. Wide, "--seed", "2"])));
        Assert.Equal(Tokens(first), Tokens(await GenerateAsync(path, backend, "--top-k", "0", "--seed", "3"))); // the temperature is still the file's
    }

    /// <summary>What only llama.cpp's programs took from a file until now: the same tokens come when the options say the same.</summary>
    [Fact]
    public async Task XTC_Mirostat_and_the_order_of_samplers_are_taken_from_the_file()
    {
        string plain = Write("plain", file => file);
        string mirostat = Write("mirostat", file => file.Set("general.sampling.mirostat", 2).Set("general.sampling.mirostat_tau", 6f).Set("general.sampling.mirostat_eta", 0.5f));
        string ordered = Write("ordered", file => file.Set("general.sampling.sequence", "xtc;temperature;top_k")
            .Set("general.sampling.xtc_probability", 1f).Set("general.sampling.xtc_threshold", 0f).Set("general.sampling.temp", 2f));

        Outcome ofMirostat = await GenerateAsync(mirostat, "llama.cpp", "--seed", "1");
        Assert.Equal("Note: model: sampling options that a request leaves out are taken from the file: Mirostat 2, Mirostat's tau 6, Mirostat's eta 0.5.\n", ofMirostat.Error);
        Assert.Equal(Tokens(await GenerateAsync(plain, "llama.cpp", "--seed", "1", "--mirostat", "2", "--mirostat-tau", "6", "--mirostat-eta", "0.5")), Tokens(ofMirostat));

        Outcome ofOrder = await GenerateAsync(ordered, "llama.cpp", "--seed", "1");
        Assert.Equal("Note: model: sampling options that a request leaves out are taken from the file: temperature 2, XTC probability 1, XTC threshold 0, samplers xtc;temperature;top_k.\n", ofOrder.Error);
        string[] same = ["--seed", "1", "--samplers", "xtc;temp;top-k", "--xtc-probability", "1", "--xtc-threshold", "0", "--temperature", "2"];
        Assert.Equal(Tokens(await GenerateAsync(plain, "llama.cpp", same)), Tokens(ofOrder));

        int[][] all = [Tokens(ofMirostat), Tokens(ofOrder), Tokens(await GenerateAsync(plain, "llama.cpp", "--seed", "1"))];
        Assert.Equal(3, all.Select(tokens => string.Join(' ', tokens)).Distinct().Count());
    }

    [Theory]
    [InlineData("top-k has no effect: the samplers that run are temperature.", "--samplers", "temperature", "--top-k", "3")]
    [InlineData("min-p, repetition penalty have no effect: Mirostat 1 chooses, after only the temperature.", "--mirostat", "1", "--min-p", "0.5", "--repetition-penalty", "2")]
    public async Task An_option_that_no_sampler_reads_is_reported(string message, params string[] options)
    {
        Outcome outcome = await GenerateAsync(Write("plain", file => file), "llama.cpp", [.. options, "--seed", "1"]);
        Assert.Equal($"Warning: model: {message}\n", outcome.Error);
    }

    [Fact]
    public async Task An_invalid_value_is_ignored_and_reported()
    {
        string path = Write("odd", file => file.Set("general.sampling.temp", float.NaN));
        Outcome outcome = await GenerateAsync(path, "llama.cpp", "--seed", "1");
        Assert.Equal("Warning: model: 'general.sampling.temp' is ignored: expected a finite number, found NaN.\n", outcome.Error);
        Assert.Equal(Tokens(await GenerateAsync(Write("plain", file => file), "llama.cpp", "--seed", "1")), Tokens(outcome));
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task A_file_that_suppresses_every_token_is_refused_for_generation(string backend)
    {
        string path = Write("all", file => file.Set("tokenizer.ggml.suppress_tokens", [.. Enumerable.Range(0, SmallModels.Vocabulary)]));
        Outcome outcome = await GenerateAsync(path, backend);
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"Generating with model: expected tokens that may be drawn, found all {SmallModels.Vocabulary} suppressed by the file", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task The_service_draws_as_the_file_says(string backend)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--model", Write("both", file => SuppressBytes(file).Set("general.sampling.temp", 0f)), "--backend", backend]);
        string first = await CompleteAsync("""{"prompt": "Hello", "max_tokens": 12, "seed": 1}""");
        Assert.Equal(first, await CompleteAsync("""{"prompt": "Hello", "max_tokens": 12, "seed": 2}"""));
        string wide = await CompleteAsync("""{"prompt": "Hello", "max_tokens": 12, "seed": 1, "temperature": 2}""");
        Assert.NotEqual(first, wide);
        Assert.All(first + wide, letter => Assert.Contains(letter, " theloHa")); // what the tokens that are left are made of

        async Task<string> CompleteAsync(string body) => (await serve.CompleteAsync(body)).GetProperty("choices")[0].GetProperty("text").GetString()!;
    }

    private static ModelFile SuppressBytes(ModelFile file) =>
        file.Set("tokenizer.ggml.suppress_tokens", [.. Enumerable.Range(FirstByte, LastByte - FirstByte + 1)]);

    private static bool IsByte(int token) => token is >= FirstByte and <= LastByte;

    private static JsonElement Json(Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement;

    private static int[] Tokens(Outcome outcome)
    {
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return [.. Json(outcome).GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())];
    }

    private static Task<Outcome> GenerateAsync(string path, string backend, params string[] options) =>
        EngineProcess.RunAsync(["generate", "Hello", "--model", path, "--backend", backend, "--max-tokens", "12", "--ignore-eos", "--threads", "1", "--json", .. options]);

    private string Write(string folder, Func<ModelFile, ModelFile> change)
    {
        Directory.CreateDirectory(_folder.File(folder));
        return _folder.File(Path.Combine(folder, "model.gguf"), change(SmallModels.Llama()).ToBytes());
    }
}
