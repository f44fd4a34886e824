using Engine;
using Engine.Gguf;
using Engine.Serving;
using ReferenceModels.Ops;

namespace ReferenceModels.Tests;

/// <summary>Inputs that share one pass, against each alone, which the models' tests compare with llama.cpp.</summary>
public sealed class PackedEmbeddingTests : IDisposable
{
    // Several passes of ReferencePass.PackedTokens, out of order, from one token to the whole context.
    private static readonly int[] Lengths = [3, 90, 4, 17, 1, 100, 40, 2, 64, 9, 55];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Pooling.None)]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Cls)]
    [InlineData(Pooling.Last)]
    [InlineData(Pooling.Rank)]
    public void Each_packed_input_gets_the_same_result_as_alone(Pooling pooling)
    {
        var random = new RandomBert { Pooler = true, Scores = 3, Labels = 3 };
        using ReferenceModel model = Load(random.Write(_folder.File("random.gguf")));
        AssertAsAlone(model, pooling, Inputs(random.V, Lengths), default);
    }

    [Theory]
    [InlineData(GgmlType.F16, Arithmetic.Exact)]
    [InlineData(GgmlType.Q8_0, Arithmetic.Ggml)]
    [InlineData(GgmlType.Q4_K, Arithmetic.Exact)]
    [InlineData(GgmlType.Q4_K, Arithmetic.Ggml)]
    public void Packing_changes_nothing_in_other_types_and_in_either_arithmetic(GgmlType type, Arithmetic arithmetic)
    {
        var random = new RandomBert { Type = type, Width = 256, Inner = 512, H = 8, G = 4 };
        using ReferenceModel model = Load(random.Write(_folder.File("random.gguf")));
        AssertAsAlone(model, Pooling.None, Inputs(random.V, [.. Lengths.Where(length => length > Linear.FewTokens)]), arithmetic);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("t5")]
    public void Packing_changes_nothing_in_other_families(string family)
    {
        string path = _folder.File("random.gguf");
        using ReferenceModel model = Load(family switch
        {
            "llama" => new RandomLlama().Write(path),
            "gpt2" => new RandomGpt2().Write(path),
            _ => new RandomT5().Write(path),
        });
        // LLaMA's longest input does not fit in one block.
        AssertAsAlone(model, Pooling.None, [.. Inputs(100, [.. Lengths, family == "llama" ? 150 : 30]).Select(input => new PassInput(input.Tokens))], default);
    }

    [Fact]
    public void Each_input_keeps_its_segments_next_to_one_without_any()
    {
        using ReferenceModel model = Load(new RandomBert().Write(_folder.File("random.gguf")));
        int[] tokens = [2, 7, 9, 30, 11, 3];
        PassInput[] inputs = [new(tokens) { Segments = [0, 0, 0, 1, 1, 1] }, new(tokens), new(tokens) { Segments = [1, 1, 0, 0, 0, 0] }, new(tokens) { Segments = [0, 0, 0, 0, 0, 0] }];
        float[][] rows = [.. Embed(model, inputs, Pooling.Mean, default).Values];
        Assert.Equal(rows[1], rows[3]);
        Assert.True(Agreement.OfRms(rows[0], rows[1]) > 0.05);
        Assert.True(Agreement.OfRms(rows[0], rows[2]) > 0.05);
        AssertAsAlone(model, Pooling.Mean, inputs, default);
    }

    [Fact]
    public void In_exact_mode_even_the_shortest_inputs_have_the_same_bits_as_alone()
    {
        var random = new RandomBert();
        using var model = new ReferenceModel(GgufFile.Open(random.Write(_folder.File("random.gguf"))), 0, 0) { IsExact = true };
        PassInput[] inputs = Inputs(random.V, [1, 2, 3, 3, 2, 1, 20]);
        SortedDictionary<(int Input, int Position), float[]> together = Embed(model, inputs, Pooling.Mean, default);
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.Equal(Embed(model, [inputs[i]], Pooling.Mean, default)[(0, 0)], together[(i, 0)]);
        }
    }

    [Fact]
    public void Cancellation_ends_the_call_before_its_next_pass_and_leaves_it_usable()
    {
        var random = new RandomBert();
        using ReferenceModel model = Load(random.Write(_folder.File("random.gguf")));
        using IPass pass = model.OpenPass(new PassKind(Numerics.Strict, Embeds: true));
        PassInput[] inputs = Inputs(random.V, [.. Enumerable.Repeat(100, 10)]);
        using var cancellation = new CancellationTokenSource();
        var handed = new List<int>();
        Assert.ThrowsAny<OperationCanceledException>(() => pass.Embed(
            inputs, Pooling.Mean,
            (input, _, _) =>
            {
                handed.Add(input);
                cancellation.Cancel();
            }, cancellation.Token));
        Assert.Equal([0, 1], handed); // two of 100 tokens go together
        handed.Clear();
        pass.Embed(inputs, Pooling.Mean, (input, _, _) => handed.Add(input), default);
        Assert.Equal(Enumerable.Range(0, 10), handed);
    }

    private static void AssertAsAlone(ReferenceModel model, Pooling pooling, PassInput[] inputs, Arithmetic arithmetic)
    {
        SortedDictionary<(int Input, int Position), float[]> together = Embed(model, inputs, pooling, arithmetic);
        Assert.Equal(inputs.SelectMany((input, i) => Enumerable.Range(0, pooling == Pooling.None ? input.Tokens.Length : 1).Select(position => (i, position))), together.Keys);
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach (((_, int position), float[] alone) in Embed(model, [inputs[i]], pooling, arithmetic))
            {
                float[] packed = together[(i, position)];
                if (inputs[i].Tokens.Length > Linear.FewTokens)
                {
                    Assert.Equal(alone, packed); // to the last bit: the same kernels, and none sums across rows
                }
                else
                {
                    Assert.InRange(Agreement.OfRms(packed, alone), 0, Agreement.Floats);
                }
            }
        }
    }

    private static SortedDictionary<(int Input, int Position), float[]> Embed(ReferenceModel model, IReadOnlyList<PassInput> inputs, Pooling pooling, Arithmetic arithmetic)
    {
        using IPass pass = model.OpenPass(new PassKind(Numerics.Strict, Embeds: true, Arithmetic: arithmetic));
        var rows = new SortedDictionary<(int, int), float[]>();
        pass.Embed(inputs, pooling, (input, position, row) => rows.Add((input, position), row.ToArray()), default);
        return rows;
    }

    // Every other input has segments, with a boundary somewhere in it.
    private static PassInput[] Inputs(int vocabulary, int[] lengths) => [.. lengths.Select((length, i) => new PassInput([.. Enumerable.Range(0, length).Select(t => (7 * t + 31 * i) % vocabulary)])
    {
        Segments = i % 2 == 0 ? [] : [.. Enumerable.Range(0, length).Select(t => t < length / 2 ? 0 : 1)],
    })];

    private static ReferenceModel Load(string path) => new(GgufFile.Open(path), 0, 0);
}
