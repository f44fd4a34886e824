using System.Diagnostics;
using Engine;
using Engine.Gguf;
using Engine.Serving;

namespace ReferenceModels.Tests;

public sealed class ReferencePassTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Logits_are_the_same_token_by_token_and_all_at_once()
    {
        // 300 tokens are three blocks; the products of one token and of many are two kernels.
        var random = new RandomLlama { Width = 48, H = 3, G = 1 };
        using ReferenceModel model = Load(random);
        int[] tokens = random.Tokens(300);
        var rows = new float[tokens.Length][];
        using IPass whole = model.OpenPass(default);
        whole.Score(new PassInput(tokens), 0, tokens.Length, (index, row) => rows[index] = row.ToArray(), default);
        using IPass single = model.OpenPass(default);
        for (int t = 0; t < tokens.Length; t++)
        {
            AssertSame(rows[t], single.Continue(tokens.AsSpan(t, 1), default), t);
        }
        single.Begin([], default);
        AssertSame(rows[170], single.Continue(tokens.AsSpan(0, 171), default), 170);
        AssertSame(rows[299], single.Continue(tokens.AsSpan(171), default), 299);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(127, 2)]
    [InlineData(128, 100)]
    [InlineData(299, 1)]
    public void Only_the_requested_positions_are_returned(int first, int count)
    {
        var random = new RandomLlama();
        using ReferenceModel model = Load(random);
        int[] tokens = random.Tokens(300);
        using IPass pass = model.OpenPass(default);
        var all = new float[tokens.Length][];
        pass.Score(new PassInput(tokens), 0, tokens.Length, (index, row) => all[index] = row.ToArray(), default);
        List<int> handed = [];
        pass.Score(new PassInput(tokens), first, count, (index, row) =>
        {
            handed.Add(index);
            AssertSame(all[index], row, index);
        }, default);
        Assert.Equal(Enumerable.Range(first, count), handed);
    }

    [Fact]
    public void Activations_have_llama_cpps_names_and_shapes_over_all_blocks()
    {
        var random = new RandomLlama();
        using ReferenceModel model = Load(random);
        using IPass pass = model.OpenPass(new PassKind(Numerics.Strict, Taps: true));
        int[] tokens = random.Tokens(150);
        string[] names = ["embd", "norm-0", "attn_norm-0", "Qcur-0", "Kcur-1", "Vcur-1", "kqv_out-0", "attn_out-0", "ffn_inp-0", "ffn_norm-0", "ffn_gate-0", "ffn_up-0", "ffn_swiglu-0", "ffn_out-0", "l_out-1", "result_norm", "result_output"];
        float[] last = [];
        IReadOnlyList<Activation> taken = pass.Score(new PassInput(tokens) { Activations = names }, 0, 150, (_, row) => last = row.ToArray(), default);
        Assert.Equal(names.Order(), taken.Select(activation => activation.Name).Distinct().Order());
        Assert.Equal(2, taken.Count(activation => activation.Name == "norm-0"));
        Assert.Equal(["MUL_MAT", "RESHAPE", "ROPE"], taken.Where(activation => activation.Name == "Qcur-0").Select(activation => activation.Operation));
        Assert.Equal([16, 4, 150], taken.Single(activation => activation is { Name: "Qcur-0", Operation: "ROPE" }).Shape);
        Assert.Equal([112, 150], taken.Single(activation => activation.Name == "ffn_swiglu-0").Shape);
        Assert.Equal(last, taken.Single(activation => activation.Name == "result_output").Values[^random.V..]);
    }

    [Fact]
    public void Embeddings_are_the_rows_after_the_final_norm()
    {
        var random = new RandomLlama();
        using ReferenceModel model = Load(random);
        using IPass pass = model.OpenPass(new PassKind(Numerics.Strict, Embeds: true));
        int[] tokens = random.Tokens(140);
        float[] norm = pass.Score(new PassInput(tokens) { Activations = ["result_norm"] }, 0, 140, (_, _) => { }, default).Single().Values;
        var rows = new List<float[]>();
        foreach (Pooling pooling in (Pooling[])[Pooling.None, Pooling.Cls, Pooling.Last, Pooling.Mean])
        {
            pass.Embed([new PassInput(tokens)], pooling, (_, _, row) => rows.Add(row.ToArray()), default);
        }
        Assert.Equal(143, rows.Count);
        Assert.Equal(norm, rows.Take(140).SelectMany(row => row));
        Assert.Equal(rows[0], rows[140]);
        Assert.Equal(rows[139], rows[141]);
        float[] mean = [.. Enumerable.Range(0, 64).Select(i => (float)rows.Take(140).Average(row => (double)row[i]))];
        Assert.InRange(Agreement.OfRms(rows[142], mean), 0, Agreement.Floats);
    }

    [Fact]
    public void Cancellation_takes_effect_within_250_ms_of_a_long_prefill()
    {
        var random = new RandomLlama { Width = 512, Inner = 2048, H = 8, G = 8, N = 8, V = 4096, Context = 4096, Type = GgmlType.Q8_0 };
        using ReferenceModel model = Load(random);
        using IPass pass = model.OpenPass(default);
        int[] prompt = random.Tokens(4000);
        AssertCancels((count, cancellation) => pass.Continue(prompt.AsSpan(0, count), cancellation), prompt.Length, () => pass.Begin([], default));
        Assert.Equal(0, ((ReferencePass)pass).Length);
    }

    [Fact]
    public void Cancellation_takes_effect_within_250_ms_of_a_long_source_evaluated_in_one_piece()
    {
        var random = new RandomT5 { Width = 768, Inner = 3072, H = 12, N = 2, Context = 4096 };
        using var model = new ReferenceModel(GgufFile.Open(random.Write(_folder.File("t5.gguf"))), 0, 0);
        using IPass pass = model.OpenPass(default);
        int[] source = [.. Enumerable.Range(0, 4000).Select(i => i % random.V)];
        AssertCancels((count, cancellation) => pass.Begin(source.AsSpan(0, count), cancellation), source.Length, () => pass.Begin([], default));
    }

    /// <summary>The time from the cancellation, some time after the work has begun, to its end: the shortest of three is at most 250 ms, or
    /// on a machine too loaded for that, the time that a sixteenth of the work takes there.</summary>
    private static void AssertCancels(Action<int, CancellationToken> work, int whole, Action clear)
    {
        long begin = Stopwatch.GetTimestamp();
        work(whole / 16, default);
        long sixteenth = (long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        clear();
        long least = Steady.Least(3, () =>
        {
            using var cancellation = new CancellationTokenSource();
            Exception? end = null;
            var thread = new Thread(() => end = Record.Exception(() => work(whole, cancellation.Token)));
            thread.Start();
            Assert.False(thread.Join(200), "The work is too short for this machine.");
            long cancelled = Stopwatch.GetTimestamp();
            cancellation.Cancel();
            thread.Join();
            Assert.IsAssignableFrom<OperationCanceledException>(end);
            return (long)Stopwatch.GetElapsedTime(cancelled).TotalMilliseconds;
        });
        Assert.InRange(least, 0, Math.Max(250, sixteenth));
    }

    private ReferenceModel Load(RandomLlama random) => new(GgufFile.Open(random.Write(_folder.File("random.gguf"))), 0, 0);

    private static void AssertSame(float[] expected, ReadOnlySpan<float> actual, int position)
    {
        double distance = Agreement.OfRms(actual.ToArray(), expected);
        Assert.True(distance <= Agreement.Floats, $"position {position}: singly {distance:E1} of the RMS from the row at once");
    }
}
