using System.Numerics.Tensors;
using System.Text.Json;
using Engine;
using Engine.HuggingFace;
using Engine.LlamaCpp.Direct;

namespace ReferenceModels.Tests;

/// <summary>A real encoder from text to vector, against ONNX Runtime on the original graph fed with Hugging Face's ids
/// (<c>tests/Golden/minilm</c>, and the numbers next to the weights).</summary>
public sealed class MiniLmTests : IDisposable
{
    // The original graph computes GELU with erf, llama.cpp and the reference in its tanh form, llama.cpp from a table of 16-bit
    // floats: squared errors of up to 3.8e-6 of the whole, or a cosine of 1 - 1.9e-6, far above any processor's rounding.
    private const double Cosine = 0.99999;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedTheory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task Texts_in_all_scripts_have_the_embeddings_of_ONNX_Runtime_on_Hugging_Faces_ids(string name)
    {
        string path = _folder.File("minilm.gguf");
        using (ModelImport import = ModelImport.Open(Path.GetDirectoryName(SharedFolder.MiniLm("config.json"))!))
        {
            import.Write(path);
        }
        IModelBackend backend = name == "reference" ? new ReferenceBackend() : new LlamaCppBackend();
        await using IModel model = await backend.LoadAsync(new ModelOptions { Path = path, Backend = name, Device = "cpu" });
        Expected[] all = [.. Read(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "minilm", "minilm.json")), .. Read(SharedFolder.MiniLm("expected.json"))];
        Expected[] cases = [.. all.Where(each => !each.Text.Contains("[MASK]", StringComparison.Ordinal))]; // which is plain text here

        Embeddings found = await model.EmbedAsync(new EmbedRequest { Inputs = [.. cases.Select(each => Prompt.FromText(each.Text))], Pooling = Pooling.Mean });

        Assert.Equal((49, Pooling.Mean), (cases.Length, model.Card.Pooling));
        foreach ((Expected expected, float[] row) in cases.Zip(found.Rows))
        {
            Assert.Equal((expected.Text, string.Join(' ', expected.Ids)), (expected.Text, string.Join(' ', model.Tokenizer.Encode(expected.Text))));
            double cosine = TensorPrimitives.CosineSimilarity<float>(expected.Mean, row);
            Assert.True(cosine >= Cosine, $"'{expected.Text}': expected a cosine of {Cosine}, found {cosine}");
        }
    }

    private static Expected[] Read(string path) => JsonSerializer.Deserialize<Expected[]>(File.ReadAllText(path), JsonSerializerOptions.Web)!;

    private sealed record Expected(string Text, int[] Ids, float[] Mean);
}
