using Engine;
using Engine.HuggingFace;
using Engine.HuggingFace.Families;
using Engine.LlamaCpp.Direct;
using ReferenceModels.HuggingFace;

namespace ReferenceModels.Tests.HuggingFace;

/// <summary>Checkpoints under Hugging Face's names, through import and both backends, and through <see cref="TrainedModel"/>, against PyTorch in
/// float64 (<c>tests/Golden/huggingface</c>).</summary>
public sealed class ImportedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // longrope's factors depend on the context's capacity.
    private const int Context = 128;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Cases => [.. HuggingFaceCase.All.Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_file_computes_what_PyTorch_computes_with_the_checkpoint(string name)
    {
        HuggingFaceCase golden = HuggingFaceCase.Of(name);
        using ModelImport import = ModelImport.Open(golden.Write(_folder.File("model")));
        string path = _folder.File("model.gguf");
        import.Write(path);
        int context = Math.Min(Context, import.Plan.Settings.Positions);
        await using IModel reference = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Backend = "reference", ContextLength = context });
        await using IModel native = await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = path, Backend = "llama.cpp", Device = "cpu", ContextLength = context });
        await using var tanh = new TrainedModel(import.Plan.Settings, import.Checkpoint, reference, asTrained: false);
        await using var trained = new TrainedModel(import.Plan.Settings, import.Checkpoint, reference, asTrained: true);

        foreach ((float[] expected, Func<IModel, Task<float[]>> ask, bool isTrained) in Questions(golden))
        {
            Assert.InRange(Agreement.OfRms(await ask(isTrained ? trained : tanh), expected), 0, Agreement.Floats);
            if (!isTrained)
            {
                Assert.InRange(Agreement.OfRms(await ask(reference), expected), 0, Agreement.Floats);
                Assert.InRange(Agreement.Nmse(await ask(native), expected), 0, Nmse(golden.Dtype, import.Plan.Settings));
            }
        }
    }

    // With 16-bit weights, llama.cpp's rounding as in Tolerance. With others, GELU's table: its inputs and outputs have 11 bits, each off by 2⁻¹²/√3 of
    // itself (root mean square), together 4e-8 of the square; steep places and later ops make that ten times larger within a layer.
    private static double Nmse(string type, TrainedSettings settings) => type switch
    {
        "F32" => settings is GemmaSettings gemma ? 5e-7 * gemma.N : 1e-6,
        "BF16" => 1e-3,
        _ => 1e-4,
    };

    private static IEnumerable<(float[] Expected, Func<IModel, Task<float[]>> Ask, bool IsTrained)> Questions(HuggingFaceCase golden)
    {
        if (golden.Logits is { } logits)
        {
            yield return (logits, model => LogitsAsync(model, golden), false);
        }
        if (golden.Scores is { } scores)
        {
            yield return (scores, model => EmbedAsync(model, golden.Tokens, Pooling.Rank), false);
        }
        if (golden.RowsTanh is { } tanh)
        {
            yield return (tanh, model => EmbedAsync(model, golden.Tokens, Pooling.None), false);
            yield return (golden.Rows!, model => EmbedAsync(model, golden.Tokens, Pooling.None), true);
        }
        else if (golden.Rows is { } encoded)
        {
            yield return (encoded, model => EmbedAsync(model, golden.Source, Pooling.None), false);
        }
    }

    private static async Task<float[]> LogitsAsync(IModel model, HuggingFaceCase golden)
    {
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens(golden.Tokens),
            Source = golden.Source.Length > 0 ? Prompt.FromTokens(golden.Source) : null,
            Numerics = Numerics.Strict,
        };
        var logits = new List<float>();
        await foreach (ScoreBlock block in model.ScoreAsync(request))
        {
            logits.AddRange(block.Logits!);
        }
        return [.. logits];
    }

    private static async Task<float[]> EmbedAsync(IModel model, int[] tokens, Pooling pooling) =>
        [.. (await model.EmbedAsync(new EmbedRequest { Inputs = [Prompt.FromTokens(tokens)], Pooling = pooling, Numerics = Numerics.Strict })).Rows.SelectMany(row => row)];
}
