using Engine.Gguf;
using Engine.LlamaCpp.Runtime;
using ReferenceModels;

namespace Engine.LLamaSharp.Tests;

/// <summary>Low-rank adapters, against the reference with the same file.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpAdaptersTests : IDisposable
{
    private const int Rank = 3;

    private readonly TemporaryFolder _folder = new();

    private string Model => TinyFamilies.Llama(_folder.File("model.gguf"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_adapted_logits_are_those_of_the_reference()
    {
        string adapter = Write(_folder.File("adapter.gguf"), "adapter");
        float[] bare = await Logits(new LLamaSharpBackend(), 0);
        float[] adapted = await Logits(new LLamaSharpBackend(), 0.5f);
        float[] expected = await Logits(new ReferenceBackend(), 0.5f);
        // F32 on both sides: the order of the sums alone, as without adapters.
        Assert.InRange(Agreement.OfRms(adapted, expected), 0, Agreement.Floats);
        Assert.True(Agreement.OfRms(adapted, bare) > 0.01);

        async Task<float[]> Logits(IModelBackend backend, float scale)
        {
            await using IModel model = await backend.LoadAsync(new() { Path = Model, Device = "cpu", Adapters = [new() { Path = adapter, Scale = scale }] });
            var blocks = await model.ScoreAsync(new() { Tokens = Prompt.FromTokens([1, 5, 9, 4]), Numerics = Numerics.Strict }).ToListAsync();
            return blocks[0].Logits!;
        }
    }

    [Fact]
    public async Task What_is_no_adapter_is_refused()
    {
        string none = Write(_folder.File("none.gguf"), "model");
        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => new LLamaSharpBackend().LoadAsync(new() { Path = Model, Device = "cpu", Adapters = [new() { Path = none }] }).AsTask());
        Assert.Contains("none.gguf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_LLamaSharp_would_attach_as_a_null_pointer_is_logged()
    {
        using LLamaSharpModel model = await new LLamaSharpBackend().LoadFileAsync(new() { Path = Model, Device = "cpu" }, null, default);
        using (var log = NativeLog.Listen())
        {
            Assert.Null(LLamaSharpAdapters.Load(model.Handle, Write(_folder.File("none.gguf"), "model"), log));
            Assert.Contains("failed to apply lora adapter", log.Reason, StringComparison.Ordinal);
        }
        using (var log = NativeLog.Listen())
        {
            Assert.NotNull(LLamaSharpAdapters.Load(model.Handle, Write(_folder.File("adapter.gguf"), "adapter"), log));
        }
    }

    private string Write(string path, string kind)
    {
        using GgufFile file = GgufFile.Open(Model);
        var random = new Random(7);
        var writer = new GgufWriter();
        writer.SetMetadata("general.type", kind);
        writer.SetMetadata("general.architecture", "llama");
        writer.SetMetadata("adapter.type", "lora");
        writer.SetMetadata("adapter.lora.alpha", 6f);
        foreach (GgufTensor weight in file.Tensors.Where(tensor => tensor.Name.Contains("attn_q", StringComparison.Ordinal) || tensor.Name.Contains("ffn_down", StringComparison.Ordinal)))
        {
            (long d_in, long d_out) = (weight.Shape[0], weight.Shape[1]);
            writer.AddTensor(weight.Name + ".lora_a", [d_in, Rank], GgmlType.F32, Bytes(d_in * Rank));
            writer.AddTensor(weight.Name + ".lora_b", [Rank, d_out], GgmlType.F32, Bytes(Rank * d_out));
        }
        writer.Write(path);
        return path;

        byte[] Bytes(long count) =>
            [.. Enumerable.Range(0, (int)count).SelectMany(_ => BitConverter.GetBytes((float)(random.NextDouble() - 0.5)))];
    }
}
