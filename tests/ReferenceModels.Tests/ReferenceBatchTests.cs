using Engine;
using Engine.Gguf;
using Engine.Serving;

namespace ReferenceModels.Tests;

public sealed class ReferenceBatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // As many key/value heads as query heads, heads shared by groups, a GPT-2, and quantized: a width that is not a multiple of a vector.
    public static TheoryData<string> Families => ["llama", "llama grouped", "gpt2", "llama q8_0"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Chunks_of_any_length_have_the_same_rows_as_alone_up_to_kernel_rounding(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(4, 400));
        Step(batch, (2, Tokens(0, 21)));
        float[][] rows = Step(batch, (0, Tokens(1, 7)), (2, Tokens(0, 40, 21)), (3, Tokens(2, 1)));
        AssertRow(model, Tokens(1, 7), rows[0]);
        AssertRow(model, Tokens(0, 61), rows[1]);
        AssertRow(model, Tokens(2, 1), rows[2]);
        Assert.Equal([7, 0, 61, 1], Enumerable.Range(0, 4).Select(batch.LengthOf));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Up_to_eight_tokens_have_the_same_rows_as_alone_to_the_last_bit(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(8, 1600));
        var passes = new List<IPass>();
        for (int i = 0; i < 8; i++)
        {
            passes.Add(model.OpenPass(new PassKind(Numerics.Strict)));
            passes[i].Begin([], default);
            Assert.Equal(passes[i].Continue(Tokens(i, 20 + i), default).ToArray(), Step(batch, (i, Tokens(i, 20 + i)))[0]);
        }
        for (int step = 0; step < 20; step++)
        {
            // All eight at first, then two of them, in another order.
            int[] sequences = step < 15 ? [0, 1, 2, 3, 4, 5, 6, 7] : [2, 0];
            float[][] rows = Step(batch, [.. sequences.Select(i => (i, Tokens(i, 1, 20 + i + step)))]);
            Assert.All(sequences, (i, at) => Assert.Equal(passes[i].Continue(Tokens(i, 1, 20 + i + step), default).ToArray(), rows[at]));
        }
        passes.ForEach(pass => pass.Dispose());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Among_nine_or_more_tokens_no_bit_of_a_row_depends_on_the_others(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(9, 800));
        (int, int[])[] others = [(1, Tokens(1, 5)), (2, Tokens(2, 1)), (3, Tokens(3, 2)), (4, Tokens(4, 2))];
        float[] first = Step(batch, [(0, Tokens(0, 30)), .. others])[0];
        float[] next = Step(batch, (0, Tokens(0, 1, 30)), (1, Tokens(1, 5, 5)), (2, Tokens(2, 1, 1)), (3, Tokens(3, 1, 2)), (4, Tokens(4, 1, 2)))[0];
        batch.TryRemove(1, 0);
        batch.TryRemove(4, 0);
        float[][] rows = Step(batch, (1, Tokens(2, 9)), (2, Tokens(3, 1)), (4, Tokens(4, 17)), (5, Tokens(5, 3)), (6, Tokens(6, 2)), (7, Tokens(0, 30)), (8, Tokens(1, 5)));
        Assert.Equal(first, rows[5]);
        rows = Step(batch, (7, Tokens(0, 1, 30)), (1, Tokens(1, 20)), (2, Tokens(3, 1, 1)), (3, Tokens(1, 2)), (8, Tokens(3, 2)));
        Assert.Equal(next, rows[0]);
    }

    [Theory]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_K)]
    public void In_ggml_arithmetic_rows_of_several_sequences_are_those_of_a_pass_in_it(GgmlType type)
    {
        string path = new RandomLlama { Type = type, Width = 256, Inner = 256 }.Write(_folder.File("ggml.gguf"));
        using var model = new ReferenceModel(GgufFile.Open(path), 0, 0, Arithmetic.Ggml);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 400));
        float[][] rows = [.. Step(batch, (0, Tokens(0, 3)), (1, Tokens(1, 4)), (2, Tokens(2, 1))), .. Step(batch, (0, Tokens(0, 1, 3)), (1, Tokens(1, 1, 4)), (2, Tokens(2, 1, 1)))];
        int[] lengths = [3, 4, 1, 4, 5, 2];
        Assert.All(rows, (row, i) =>
        {
            // No step has more than eight tokens, so that products have the bits of a pass. Another order of sums would make activations halfway between two steps of
            // 8 bits round to the other one, and each that does lets more of the next layer's do so.
            int[] tokens = Tokens(i % 3, lengths[i]);
            double fromGgml = Agreement.Nmse(row, RowOfPass(model, Arithmetic.Ggml, tokens)), fromExact = Agreement.Nmse(row, RowOfPass(model, Arithmetic.Exact, tokens));
            Assert.True(4 * fromGgml < fromExact, $"row {i}: {fromGgml} from ggml's arithmetic, {fromExact} from the exact one");
        });
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Single_tokens_next_to_others_have_the_same_rows_as_alone_up_to_kernel_rounding(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(5, 400));
        int[][] texts = [.. Enumerable.Range(0, 5).Select(i => Tokens(i, 30))];
        Step(batch, [.. texts.Select((text, i) => (i, text[..(10 + i)]))]);
        for (int step = 0; step < 6; step++)
        {
            int at = step;
            float[][] rows = Step(batch, [.. texts.Select((text, i) => (i, text[(10 + i + at)..(11 + i + at)]))]);
            for (int i = 0; i < texts.Length; i++)
            {
                AssertRow(model, texts[i][..(11 + i + at)], rows[i]);
            }
        }
    }

    [Fact]
    public void A_prompt_in_chunks_has_the_row_of_the_whole_prompt()
    {
        using ReferenceModel model = Load("llama grouped");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 400));
        float[] whole = Step(batch, (0, Tokens(0, 100)))[0];
        foreach (int piece in (int[])[1, 16, 37])
        {
            float[] row = [];
            for (int at = 0; at < 100; at += piece)
            {
                row = Step(batch, (1, Tokens(0, Math.Min(piece, 100 - at), at)), (2, Tokens(3, 2)))[0];
                batch.TryRemove(2, 0);
            }
            Assert.InRange(Agreement.OfRms(row, whole), 0, Agreement.Floats);
            batch.TryRemove(1, 0);
        }
    }

    [Fact]
    public void Only_chunks_that_request_a_row_get_one()
    {
        using ReferenceModel model = Load("llama");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 300));
        Assert.Equal(StepOutcome.Done, batch.Step(
            [new(0, Tokens(0, 9), false), new(1, Tokens(1, 9), true), new(2, Tokens(2, 5), false)], default));
        AssertRow(model, Tokens(1, 9), batch.Row(1).ToArray());
        Assert.Equal(StepOutcome.Done, batch.Step([new(0, Tokens(0, 3, 9), false)], default));
        Assert.Equal(StepOutcome.Done, batch.Step([new(0, Tokens(0, 2, 12), true), new(1, Tokens(1, 1, 9), false), new(2, Tokens(2, 1, 5), true)], default));
        AssertRow(model, Tokens(0, 14), batch.Row(0).ToArray());
        AssertRow(model, Tokens(2, 6), batch.Row(2).ToArray());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_shared_prefix_continues_like_an_evaluated_one(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 400));
        Step(batch, (0, Tokens(0, 70)));
        Assert.True(batch.TryShare(0, 1, 69));
        Assert.True(batch.TryShare(1, 2, 40));
        // The source continues differently, and so does a copy of the copy.
        float[][] rows = Step(batch, (0, Tokens(1, 5)), (1, Tokens(2, 5)), (2, Tokens(3, 5)));
        AssertRow(model, [.. Tokens(0, 70), .. Tokens(1, 5)], rows[0]);
        Assert.Equal([75, 74, 45], Enumerable.Range(0, 3).Select(batch.LengthOf));
        AssertRow(model, [.. Tokens(0, 69), .. Tokens(2, 5)], rows[1]);
        AssertRow(model, [.. Tokens(0, 40), .. Tokens(3, 5)], rows[2]);
        // And the copy outlives its source.
        batch.TryRemove(0, 0);
        AssertRow(model, [.. Tokens(0, 69), .. Tokens(2, 5), .. Tokens(4, 3)], Step(batch, (1, Tokens(4, 3)))[0]);
    }

    [Fact]
    public void A_truncated_sequence_continues_from_its_new_end()
    {
        using ReferenceModel model = Load("llama");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 400));
        Step(batch, (0, Tokens(0, 70)));
        Assert.True(batch.TryShare(0, 1, 70));
        Assert.True(batch.TryRemove(0, 33));
        AssertRow(model, [.. Tokens(0, 33), .. Tokens(1, 4)], Step(batch, (0, Tokens(1, 4)))[0]);
        AssertRow(model, [.. Tokens(0, 70), .. Tokens(2, 4)], Step(batch, (1, Tokens(2, 4)))[0]);
        Assert.True(batch.TryRemove(1, 0));
        Assert.Equal(0, batch.LengthOf(1));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_restored_sequence_continues_like_the_saved_one_to_the_last_bit(string family)
    {
        using ReferenceModel model = Load(family);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 400));
        Step(batch, (0, Tokens(0, 70)));
        byte[] state = batch.Save(0)!;
        float[] row = Step(batch, (0, Tokens(1, 4)))[0];
        Assert.True(batch.TryRestore(1, state));
        Assert.Equal(70, batch.LengthOf(1));
        Assert.Equal(row, Step(batch, (1, Tokens(1, 4)))[0]);
    }

    [Fact]
    public void A_state_of_another_model_is_not_restored()
    {
        using ReferenceModel model = Load("llama"), other = Load("llama grouped");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(1, 400)), others = other.OpenBatch(new BatchShape(1, 400));
        Step(others, (0, Tokens(0, 3)));
        Assert.False(batch.TryRestore(0, others.Save(0)!));
        Assert.Equal(0, batch.LengthOf(0));
    }

    [Fact]
    public void A_cancelled_step_can_be_rolled_back_and_repeated_with_the_same_rows()
    {
        var random = new RandomLlama { Width = 256, Inner = 1024, H = 8, G = 8, N = 6, Context = 4096 };
        using var model = new ReferenceModel(GgufFile.Open(random.Write(_folder.File("large.gguf"))), 0, 0);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 8192));
        Step(batch, (0, Tokens(0, 20)));
        SequenceChunk[] chunks = [new(0, Tokens(1, 100), true), new(1, Tokens(2, 2000), true)];
        StepOutcome outcome;
        using (var abort = new CancellationTokenSource())
        {
            // In the middle of the step: the first layer has begun to allocate the step's memory (24 MB in all). A timer would queue behind the
            // step's own work in the thread pool.
            long allocated = GC.GetTotalAllocatedBytes();
            var canceller = new Thread(() =>
            {
                SpinWait.SpinUntil(() => GC.GetTotalAllocatedBytes() > allocated + (8 << 20));
                abort.Cancel();
            });
            canceller.Start();
            outcome = batch.Step(chunks, abort.Token);
            canceller.Join();
        }
        Assert.Equal(StepOutcome.Aborted, outcome);
        Assert.InRange(batch.LengthOf(0), 20, 120);
        Assert.InRange(batch.LengthOf(1), 0, 2000);
        batch.TryRemove(0, 20);
        batch.TryRemove(1, 0);
        chunks[1] = new(1, Tokens(2, 50), true);
        Assert.Equal(StepOutcome.Done, batch.Step(chunks, default));
        AssertRow(model, [.. Tokens(0, 20), .. Tokens(1, 100)], batch.Row(0).ToArray());
        AssertRow(model, Tokens(2, 50), batch.Row(1).ToArray());
    }

    [Fact]
    public void A_step_that_exceeds_the_cells_changes_nothing()
    {
        using ReferenceModel model = Load("llama");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 100));
        Step(batch, (0, Tokens(0, 60)));
        batch.TryShare(0, 1, 50); // takes no cells
        Assert.Equal(StepOutcome.NoRoom, batch.Step([new(0, Tokens(1, 20), true), new(1, Tokens(2, 21), true)], default));
        Assert.Equal([60, 50, 0], Enumerable.Range(0, 3).Select(batch.LengthOf));
        Assert.Equal(StepOutcome.Done, batch.Step([new(0, Tokens(1, 20), true), new(1, Tokens(2, 20), true)], default));
        Assert.Equal(StepOutcome.NoRoom, batch.Step([new(2, Tokens(1, 1), true)], default));
        batch.TryRemove(0, 79);
        Assert.Equal(StepOutcome.Done, batch.Step([new(2, Tokens(1, 1), true)], default));
    }

    [Fact]
    public void Memory_grows_and_shrinks_with_the_tokens()
    {
        using ReferenceModel model = Load("llama");
        using var batch = (ReferenceBatch)model.OpenBatch(new BatchShape(256, 256 * 512));
        Assert.Equal(0, batch.HeldBytes);
        Step(batch, (7, Tokens(0, 10)));
        const int position = 2 * 2 * 64 * sizeof(float); // keys and values, two layers, four heads of 16
        Assert.Equal(32 * position, batch.HeldBytes);
        Step(batch, (7, Tokens(0, 100, 10)));
        Assert.Equal(128 * position, batch.HeldBytes);
        batch.TryRemove(7, 33);
        Assert.Equal(64 * position, batch.HeldBytes);
        batch.TryRemove(7, 0);
        Assert.Equal(0, batch.HeldBytes);
    }

    [Fact]
    public void A_shared_prefix_is_stored_once_up_to_a_page_until_its_last_sequence_ends()
    {
        using ReferenceModel model = Load("llama");
        using var batch = (ReferenceBatch)model.OpenBatch(new BatchShape(16, 400));
        Step(batch, (0, Tokens(0, 120)));
        long alone = batch.HeldBytes;
        for (int sequence = 1; sequence < 16; sequence++)
        {
            Assert.True(batch.TryShare(0, sequence, 96 + sequence / 8));
        }
        Assert.Equal(alone + 8 * alone / 4, batch.HeldBytes); // 120 tokens are four pages; from the eighth sequence on, each has a position in its own page
        for (int sequence = 0; sequence < 15; sequence++)
        {
            batch.TryRemove(sequence, 0);
        }
        Assert.Equal(alone, batch.HeldBytes);
        AssertRow(model, [.. Tokens(0, 97), .. Tokens(1, 4)], Step(batch, (15, Tokens(1, 4)))[0]);
    }

    [Fact]
    public void Sequences_that_share_pages_do_not_write_into_each_other()
    {
        using ReferenceModel model = Load("llama grouped");
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 800));
        Step(batch, (0, Tokens(0, 100)));
        batch.TryShare(0, 1, 100);
        batch.TryShare(1, 2, 70);
        // Back into pages that others hold, where each continues differently.
        batch.TryRemove(0, 40);
        batch.TryRemove(1, 50);
        float[][] rows = Step(batch, (0, Tokens(1, 30)), (1, Tokens(2, 30)), (2, Tokens(3, 30)));
        AssertRow(model, [.. Tokens(0, 40), .. Tokens(1, 30)], rows[0]);
        AssertRow(model, [.. Tokens(0, 50), .. Tokens(2, 30)], rows[1]);
        AssertRow(model, [.. Tokens(0, 70), .. Tokens(3, 30)], rows[2]);
    }

    [Fact]
    public void A_batch_that_does_not_fit_in_memory_is_refused_with_both_numbers()
    {
        using ReferenceModel model = Load("llama");
        var refusal = Assert.Throws<Engine.InsufficientMemoryException>(() => model.OpenBatch(new BatchShape(256, int.MaxValue)));
        Assert.True(refusal.RequiredBytes > refusal.AvailableBytes && refusal.AvailableBytes > 0);
        Assert.Contains("Lower the tokens of the cache", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_decoders_have_a_batch()
    {
        using ReferenceModel llama = Load("llama"), gpt2 = Load("gpt2");
        using var t5 = new ReferenceModel(GgufFile.Open(new RandomT5().Write(_folder.File("t5.gguf"))), 0, 0);
        using var bert = new ReferenceModel(GgufFile.Open(new RandomBert().Write(_folder.File("bert.gguf"))), 0, 0);
        Assert.Equal([true, true, false, false], new[] { llama, gpt2, t5, bert }.Select(model => model.HasBatch));
    }

    private ReferenceModel Load(string family)
    {
        string path = _folder.File($"{family}.gguf");
        _ = family switch
        {
            "llama" => new RandomLlama { G = 4 }.Write(path),
            "llama grouped" => new RandomLlama { Width = 48, H = 3, G = 1 }.Write(path),
            "gpt2" => new RandomGpt2 { Context = 512 }.Write(path),
            _ => new RandomLlama { Type = GgmlType.Q8_0, Width = 96, Inner = 160, H = 3, G = 1 }.Write(path),
        };
        return new ReferenceModel(GgufFile.Open(path), 0, 0);
    }

    // Text i, starting at some position.
    private static int[] Tokens(int text, int count, int from = 0)
    {
        var random = new Random(text);
        int[] tokens = [.. Enumerable.Range(0, from + count).Select(_ => random.Next(3, 300))];
        return tokens[from..];
    }

    private static float[][] Step(ISequenceBatch batch, params (int Sequence, int[] Tokens)[] chunks)
    {
        Assert.Equal(StepOutcome.Done, batch.Step([.. chunks.Select(chunk => new SequenceChunk(chunk.Sequence, chunk.Tokens, true))], default));
        return [.. chunks.Select((_, i) => batch.Row(i).ToArray())];
    }

    // From a pass that evaluates the tokens at once, with no others. It uses a different kernel for the one requested row.
    private static void AssertRow(ReferenceModel model, int[] tokens, float[] row) =>
        Assert.InRange(Agreement.OfRms(row, RowOfPass(model, Arithmetic.Exact, tokens)), 0, Agreement.Floats);

    private static float[] RowOfPass(ReferenceModel model, Arithmetic arithmetic, int[] tokens)
    {
        using IPass pass = model.OpenPass(new PassKind(Numerics.Strict, Arithmetic: arithmetic));
        pass.Begin([], default);
        return pass.Continue(tokens, default).ToArray();
    }
}
