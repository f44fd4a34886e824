using System.Text.Json;
using Engine.Host.Tests.Api;

namespace Engine.Host.Tests.Commands.Generating;

/// <summary><c>--lora</c> on every verb that loads a model, with an adapter that <c>train</c> made over a quantized model.</summary>
public sealed class AdapterCommandTests(AdapterCommandTests.Files files) : IClassFixture<AdapterCommandTests.Files>
{
    private const string Prompt = "The brave dog";

    private static readonly string[] Greedy = ["--temperature", "0", "--max-tokens", "24", "--json"];

    [Fact]
    public async Task Generate_says_what_the_adapter_learned_and_the_reference_says_so_too()
    {
        Outcome adapted = await EngineProcess.RunAsync(["generate", Prompt, "--model", Files.Model, "--lora", files.Adapter, "--verify", .. Greedy]);
        Outcome plain = await EngineProcess.RunAsync(["generate", Prompt, "--model", Files.Model, .. Greedy]);
        Outcome without = await EngineProcess.RunAsync(["generate", Prompt, "--model", Files.Model, "--lora", files.Adapter + "=0", .. Greedy]);

        Assert.True(adapted.ExitCode == 0, adapted.ToString());
        Assert.Equal("pass", JsonDocument.Parse(adapted.Output).RootElement.GetProperty("validate").GetProperty("verdict").GetString());
        Assert.StartsWith(" was the queen of the s", Text(adapted), StringComparison.Ordinal);
        Assert.DoesNotContain("queen", Text(plain), StringComparison.Ordinal);
        Assert.Equal(Text(plain), Text(without));
    }

    [Fact]
    public async Task Validate_passes_with_the_adapter_on_both_sides_and_fails_with_it_on_one()
    {
        string[] validate = ["validate", "--model", Files.Model, "--text", Files.Sentence, "--json"];
        Outcome both = await EngineProcess.RunAsync([.. validate, "--lora", files.Adapter]);
        Outcome whole = await EngineProcess.RunAsync([.. validate, "--lora", files.Adapter, "--arithmetic", "ggml"]);
        Outcome plain = await EngineProcess.RunAsync(validate);

        Assert.True(both.ExitCode == 0, both.ToString());
        Assert.True(whole.ExitCode == 0, whole.ToString());
        // The sentence that was learned is what the adapted model expects, on both sides.
        double perplexity = Number(both, "perplexity_native"), before = Number(plain, "perplexity_native");
        Assert.InRange(perplexity, 1, before / 5);
        // What is known by heart has nearly all of the probability on both sides, whatever the rounding to eight bits does to the logits.
        Assert.Equal(perplexity, Number(both, "perplexity_reference"), 0.05 * perplexity);
    }

    [Theory, InlineData("llama.cpp"), InlineData("reference")]
    public async Task Bench_measures_with_the_adapter_and_says_so(string backend)
    {
        string[] bench = ["bench", "--model", Files.Model, "--backend", backend, "--prompt-tokens", "16", "--generate-tokens", "4", "--repeat", "1", "--threads", "1"];
        Outcome json = await EngineProcess.RunAsync([.. bench, "--lora", files.Adapter + "=0.5", "--json"]);
        Outcome text = await EngineProcess.RunAsync([.. bench, "--lora", files.Adapter]);
        Outcome absent = await EngineProcess.RunAsync([.. bench, "--lora", "absent.gguf"]);

        Assert.True(json.ExitCode == 0, json.ToString());
        JsonElement adapter = Assert.Single(JsonDocument.Parse(json.Output).RootElement.GetProperty("adapters").EnumerateArray());
        Assert.Equal((files.Adapter, 0.5f), (adapter.GetProperty("path").GetString(), adapter.GetProperty("scale").GetSingle()));
        Assert.Contains("with adapter.gguf", text.Output, StringComparison.Ordinal);
        Assert.Equal(2, absent.ExitCode);
        Assert.Contains("absent.gguf", absent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_answers_as_generate_does()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--model", Files.Model, "--lora", files.Adapter]);
        JsonElement answer = await serve.CompleteAsync($$"""{"prompt": "{{Prompt}}", "temperature": 0, "max_tokens": 24}""");
        Outcome generated = await EngineProcess.RunAsync(["generate", Prompt, "--model", Files.Model, "--lora", files.Adapter, .. Greedy]);

        Assert.Equal(Text(generated), answer.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Theory, InlineData("classification"), InlineData("joint"), InlineData("masked"), InlineData("bert")]
    public async Task An_objective_with_a_head_is_refused_with_a_message(string objective)
    {
        Outcome outcome = await EngineProcess.RunAsync(
            "train", "--from", Files.Model, "--data", files.Data, "--objective", objective, "--lora-rank", "2", "--out", files.Adapter + ".not");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            $"Training an adapter: expected an objective of the language model alone, found '{objective}', which needs a head, and an adapter's file has no place for one. Choose another objective, or train the model.\n",
            outcome.Error);
    }

    private static string Text(Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement.GetProperty("text").GetString()!;

    private static double Number(Outcome outcome, string name) => JsonDocument.Parse(outcome.Output).RootElement.GetProperty(name).GetDouble();

    /// <summary>The adapter of one sentence, learned by heart.</summary>
    public sealed class Files : IAsyncLifetime, IDisposable
    {
        public const string Sentence = "The brave dog was the queen of the sea.";

        private readonly TemporaryFolder _folder = new();

        public static string Model { get; } = Path.Combine(SharedFolder.Checkout, "models", "llama-stories-q8_0.gguf");

        public string Data => _folder.File("data.txt");

        public string Adapter => _folder.File("adapter.gguf");

        public async Task InitializeAsync()
        {
            File.WriteAllText(Data, string.Concat(Enumerable.Repeat(Sentence + "\n<|endoftext|>\n", 4)));
            Outcome outcome = await EngineProcess.RunAsync(
                "train", "--from", Model, "--data", Data, "--objective", "causal-documents", "--lora-rank", "4", "--lora-targets", "all", "--steps", "60", "--batch", "1",
                "--lr", "0.01", "--threads", "1", "--out", Adapter);
            Assert.True(outcome.ExitCode == 0, outcome.ToString());
        }

        public Task DisposeAsync() => Task.CompletedTask;

        public void Dispose() => _folder.Dispose();
    }
}
