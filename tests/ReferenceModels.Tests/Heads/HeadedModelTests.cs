using Engine;
using Engine.Gguf;
using ReferenceModels.Heads;

namespace ReferenceModels.Tests.Heads;

/// <summary>The same heads on the rows of either backend. Rows differ by ggml's GELU, a table of halves: some 5e-4 of their RMS, which
/// each product of a head propagates; LLaMA has no GELU and differs by 1e-5.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class HeadedModelTests : IDisposable
{
    private const int V = 300, Width = 64;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(GgmlType.F32, true)]
    [InlineData(GgmlType.F32, false)]
    [InlineData(GgmlType.Q8_0, true)]
    public async Task A_masked_token_is_the_same_on_both_backends(GgmlType type, bool tied)
    {
        string path = new RandomBert { Type = type }.Write(_folder.File("model.gguf"));
        WriteHeads(tied, pooling: 2);
        Prompt input = Prompt.FromTokens([2, 40, 41, 0, 43, 0, 3]);

        (float[][] native, float[][] reference) = await OnBothAsync(path, model => model.MaskedTokensAsync(input, [3, 5]));

        Assert.Equal(2, native.Length);
        Assert.All(native, row => Assert.Equal(V, row.Length));
        AssertNear(native, reference, type == GgmlType.F32 ? Agreement.HalfGelu : 5e-2); // eight bits a weight, activations rounded to eight
        Assert.Equal(native.Select(Largest), reference.Select(Largest));
    }

    [Theory]
    [InlineData("bert", 2, Agreement.HalfGelu)]
    [InlineData("bert", 1, Agreement.HalfGelu)]
    [InlineData("gpt2", 3, Agreement.HalfGelu)]
    [InlineData("llama", 3, Agreement.Floats)]
    [InlineData("t5", 1, Agreement.HalfGelu)]
    public async Task A_class_is_the_same_on_both_backends(string family, int pooling, double tolerance)
    {
        string path = _folder.File("model.gguf");
        _ = family switch
        {
            "bert" => new RandomBert().Write(path),
            "gpt2" => new RandomGpt2().Write(path),
            "t5" => new RandomT5 { V = V, Width = Width }.Write(path),
            _ => new RandomLlama { V = V, Width = Width }.Write(path),
        };
        WriteHeads(tied: false, (uint)pooling);
        Prompt input = Prompt.FromTokens([2, 40, 41, 17, 3]);

        (float[][] native, float[][] reference) = await OnBothAsync(path, async model => [await model.ClassifyAsync(input)]);

        Assert.Equal(4, native[0].Length);
        AssertNear(native, reference, tolerance);
    }

    [Fact]
    public async Task The_next_sentence_head_uses_CLS_and_the_reference_knows_the_segments()
    {
        string path = new RandomBert().Write(_folder.File("model.gguf"));
        WriteHeads(tied: false, pooling: 2);
        int[] tokens = [2, 40, 41, 3, 17, 42, 3];

        (float[][] native, float[][] reference) = await OnBothAsync(path, async model => [await model.NextSentenceAsync(Prompt.FromTokens(tokens))]);
        AssertNear(native, reference, Agreement.HalfGelu);
        await using IModel managed = await ReferenceModelFixture.LoadAsync(path);
        using var headed = new HeadedModel(managed);
        float[] pair = await headed.NextSentenceAsync(Prompt.FromTokens(tokens, [0, 0, 0, 0, 1, 1, 1]));
        Assert.True(Agreement.OfRms(pair, reference[0]) > 2 * Agreement.HalfGelu, "the segments changed nothing");
    }

    [Fact]
    public async Task A_missing_head_is_refused_with_a_message()
    {
        string path = new RandomBert().Write(_folder.File("model.gguf"));
        await using IModel model = await ReferenceModelFixture.LoadAsync(path);
        Assert.Contains("model.heads.gguf", Assert.Throws<ModelFileException>(() => new HeadedModel(model)).Message, StringComparison.Ordinal);
        WriteHeads(tied: true, pooling: 2);
        using var headed = new HeadedModel(model);
        var input = Prompt.FromTokens([2, 40, 3]);
        Assert.Contains("from 0 to 2, found 3", (await Assert.ThrowsAsync<InvalidRequestException>(() => headed.MaskedTokensAsync(input, [3]))).Message, StringComparison.Ordinal);

        var onlyClasses = new GgufWriter();
        onlyClasses.SetMetadata("general.architecture", "heads");
        onlyClasses.SetMetadata("heads.embedding_length", (uint)Width);
        new RandomTensors(onlyClasses, new Random(1), GgmlType.F32).Linear("classifier", 2, Width, true);
        onlyClasses.Write(_folder.File("other.gguf"));
        using var other = new HeadedModel(model, _folder.File("other.gguf"));
        Assert.Contains("a next-sentence head", (await Assert.ThrowsAsync<UnsupportedRequestException>(() => other.NextSentenceAsync(input))).Message, StringComparison.Ordinal);
        Assert.Equal(2, (await other.ClassifyAsync(input)).Length);
    }

    [Fact]
    public async Task Many_threads_may_call_at_once()
    {
        string path = new RandomBert().Write(_folder.File("model.gguf"));
        WriteHeads(tied: true, pooling: 2);
        await using IModel model = await ReferenceModelFixture.LoadAsync(path);
        using var headed = new HeadedModel(model);
        Prompt[] inputs = [.. Enumerable.Range(40, 16).Select(token => Prompt.FromTokens([2, token, 3]))];
        float[][] alone = new float[inputs.Length][];
        for (int i = 0; i < inputs.Length; i++)
        {
            alone[i] = await headed.ClassifyAsync(inputs[i]);
        }
        float[][] together = await Task.WhenAll(inputs.Select(input => Task.Run(() => headed.ClassifyAsync(input))));
        // Waiting inputs share one pass, in which three rows use a different kernel than one row alone.
        Assert.True(Agreement.OfRms(alone, together) < Agreement.Floats);
    }

    private void WriteHeads(bool tied, uint pooling)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "heads");
        writer.SetMetadata("heads.embedding_length", (uint)Width);
        writer.SetMetadata("heads.classifier.pooling_type", pooling);
        writer.SetMetadata("heads.classifier.labels", ["a", "b", "c", "d"]);
        var tensors = new RandomTensors(writer, new Random(9), GgmlType.F32);
        tensors.Linear("mask.dense", Width, Width, true);
        tensors.Norm("mask.norm", Width);
        tensors.Bias("mask.decoder.bias", V, true);
        if (!tied)
        {
            tensors.Matrix("mask.decoder.weight", V, Width);
        }
        tensors.Linear("pooler", Width, Width, true);
        tensors.Linear("next_sentence", 2, Width, true);
        tensors.Linear("classifier", 4, Width, true);
        writer.Write(_folder.File("model.heads.gguf"));
    }

    private static async Task<(float[][] Native, float[][] Reference)> OnBothAsync(string path, Func<HeadedModel, Task<float[][]>> ask)
    {
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        await using IModel reference = await ReferenceModelFixture.LoadAsync(path);
        using var onNative = new HeadedModel(native) { Numerics = Numerics.Strict };
        using var onReference = new HeadedModel(reference) { Numerics = Numerics.Strict };
        return (await ask(onNative), await ask(onReference));
    }

    private static void AssertNear(float[][] expected, float[][] actual, double tolerance) =>
        Assert.InRange(Agreement.OfRms(actual, expected), 0, tolerance);

    private static int Largest(float[] row) => Array.IndexOf(row, row.Max());
}
