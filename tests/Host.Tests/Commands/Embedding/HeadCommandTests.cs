using System.Runtime.InteropServices;
using System.Text.Json;
using Engine.Gguf;
using Engine.Host.Tests.Hostile;

namespace Engine.Host.Tests.Commands.Embedding;

/// <summary>Heads on the command line, over the rows of either backend. Their numbers are tested against foreign
/// ones in the tests of the heads.</summary>
public sealed class HeadCommandTests : IDisposable
{
    private const int D = 32;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Both_backends_find_the_same_tokens_for_each_mask()
    {
        string model = WriteModel();
        string[] arguments = ["embed", "the [MASK] hello [MASK]", "--model", model, "--head", "mask", "--top", "3", "--numerics", "strict", "--json", "--backend"];

        JsonElement native = Json(await EngineProcess.RunAsync([.. arguments, "llama.cpp"]));
        JsonElement reference = Json(await EngineProcess.RunAsync([.. arguments, "reference"]));

        Assert.Equal("llama.cpp", native.GetProperty("backend").GetString());
        JsonElement[] masks = Masks(native), others = Masks(reference);
        Assert.Equal([2, 4], masks.Select(mask => mask.GetProperty("position").GetInt32()));
        foreach ((JsonElement mask, JsonElement other) in masks.Zip(others))
        {
            JsonElement[] candidates = [.. mask.GetProperty("candidates").EnumerateArray()], theirs = [.. other.GetProperty("candidates").EnumerateArray()];
            Assert.Equal(3, candidates.Length);
            Assert.Equal(candidates[0].GetProperty("token").GetInt32(), theirs[0].GetProperty("token").GetInt32());
            Assert.InRange(Agreement.OfRms(Logits(theirs), Logits(candidates)), 0, Agreement.HalfGelu);
            Assert.True(candidates[0].GetProperty("probability").GetDouble() >= candidates[1].GetProperty("probability").GetDouble());
        }

        static float[] Logits(JsonElement[] candidates) => [.. candidates.Select(candidate => candidate.GetProperty("logit").GetSingle())];
    }

    [Fact]
    public async Task Both_backends_name_the_same_class()
    {
        string model = WriteModel();
        string[] arguments = ["embed", "the hello", "hello", "--model", model, "--head", "classify", "--numerics", "strict", "--json", "--backend"];

        JsonElement native = Json(await EngineProcess.RunAsync([.. arguments, "llama.cpp"]));
        JsonElement reference = Json(await EngineProcess.RunAsync([.. arguments, "reference"]));

        Assert.Equal(["bad", "so so", "good"], native.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        foreach ((JsonElement one, JsonElement other) in native.GetProperty("inputs").EnumerateArray().Zip(reference.GetProperty("inputs").EnumerateArray()))
        {
            Assert.Equal(one.GetProperty("label").GetString(), other.GetProperty("label").GetString());
            Assert.Equal(1, one.GetProperty("probabilities").EnumerateArray().Sum(value => value.GetDouble()), 1e-9);
            Assert.InRange(Agreement.OfRms(Classes(other), Classes(one)), 0, Agreement.HalfGelu);
        }

        static float[] Classes(JsonElement input) => [.. input.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle())];
    }

    [Fact]
    public async Task A_pair_is_judged_on_the_reference_and_refused_on_llama_cpp_which_knows_no_segments()
    {
        string model = WriteModel();
        string[] arguments = ["embed", "hello", "--pair", "the hello", "--model", model, "--head", "next-sentence", "--json", "--backend"];

        JsonElement input = Json(await EngineProcess.RunAsync([.. arguments, "reference"])).GetProperty("inputs")[0];
        Assert.Equal([2, 4, 3, 5, 4, 3], input.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Contains(input.GetProperty("label").GetString(), new[] { "is_next", "not_next" });
        Outcome refused = await EngineProcess.RunAsync([.. arguments, "llama.cpp"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("segment 0", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_shows_the_likeliest_first_in_80_columns()
    {
        string model = WriteModel();
        Outcome masks = await EngineProcess.RunAsync("embed", "the [MASK]", "--model", model, "--head", "mask", "--top", "2");
        Assert.Equal(0, masks.ExitCode);
        Assert.Contains("\n     \"the [MASK]\", 4 tokens\n     position 2\n       0.", masks.Output, StringComparison.Ordinal);
        Outcome classes = await EngineProcess.RunAsync("embed", "the", "--model", model, "--head", "classify");
        Assert.Contains("  so so\n", classes.Output, StringComparison.Ordinal);
        Assert.All((masks.Output + classes.Output).Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Impossible_requests_are_refused_with_a_message()
    {
        string model = WriteModel();
        foreach ((string[] arguments, string message) in new (string[], string)[]
        {
            (["the", "--head", "mask"], "expected the mask token ('[MASK]', id 1"),
            (["the", "--head", "next-sentence"], "--pair"),
            (["the", "--head", "mask", "--pooling", "mean"], "neither --pooling nor --normalize"),
            (["the", "--head", "masc"], "Did you mean 'mask'?"),
            (["the", "--head", "mask", "--heads", _folder.File("absent.gguf")], "absent.gguf', found nothing there. Name the file that holds them with --heads."),
            (["the", "--head", "mask", "--heads", model], "expected 'heads', found 'bert'"),
        })
        {
            Outcome outcome = await EngineProcess.RunAsync(["embed", .. arguments, "--model", model]);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_file_of_heads_is_inspected_but_not_loaded_as_a_model()
    {
        WriteModel();
        string heads = _folder.File("bert.heads.gguf");
        Outcome inspected = await EngineProcess.RunAsync("inspect", heads);
        Assert.Equal(0, inspected.ExitCode);
        Assert.Contains("Heads(\n  (predictions): BertLMPredictionHead(\n", inspected.Output, StringComparison.Ordinal);
        Assert.Contains("(decoder): Linear(in_features=32, out_features=12, bias=True)", inspected.Output, StringComparison.Ordinal);
        foreach (string[] arguments in new string[][] { ["embed", "a", "--model", heads], ["embed", "a", "--model", heads, "--backend", "reference"], ["quantize", heads, heads + ".out", "Q8_0"] })
        {
            Outcome refused = await EngineProcess.RunAsync(arguments);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("heads", refused.Error, StringComparison.Ordinal);
            Assert.Single(refused.Error.TrimEnd().Split('\n'));
        }
    }

    private static JsonElement[] Masks(JsonElement report) => [.. report.GetProperty("inputs")[0].GetProperty("masks").EnumerateArray()];

    private static JsonElement Json(Outcome outcome)
    {
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    /// <summary>A BERT with [MASK] in its vocabulary, and heads beside it: the decoder of masks is its token embedding.</summary>
    private string WriteModel()
    {
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁hello", "▁the", "lo", "▁h", "e", "l", "o", "[MASK]"];
        ModelFile model = SmallModels.Bert().Set("tokenizer.ggml.unknown_token_id", 1u).Set("tokenizer.ggml.mask_token_id", 11u)
            .Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.token_type", Enumerable.Range(0, 12).Select(i => i is < 4 or 11 ? 3 : 1).ToArray())
            .Tensor("token_embd.weight", [D, tokens.Length]).Tensor("token_types.weight", [D, 2]);
        var random = new Random(5);
        var heads = new GgufWriter();
        heads.SetMetadata("general.architecture", "heads");
        heads.SetMetadata("heads.embedding_length", (uint)D);
        heads.SetMetadata("heads.classifier.labels", ["bad", "so so", "good"]);
        Linear("mask.dense", D, D);
        Add("mask.norm.weight", D);
        Add("mask.norm.bias", D);
        Add("mask.decoder.bias", tokens.Length);
        Linear("pooler", D, D);
        Linear("next_sentence", D, 2);
        Linear("classifier", D, 3);
        heads.Write(_folder.File("bert.heads.gguf"));
        return _folder.File("bert.gguf", model.ToBytes());

        void Linear(string name, long inputs, long outputs)
        {
            Add($"{name}.weight", inputs, outputs);
            Add($"{name}.bias", outputs);
        }

        void Add(string name, params long[] shape)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)((2 * random.NextDouble()) - 1))];
            heads.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
    }
}
