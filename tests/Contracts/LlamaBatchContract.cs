using Engine;
using Engine.LlamaCpp;
using Engine.Sampling;
using Engine.Serving;

namespace Tests.Contracts;

/// <summary>Several sequences in one context of llama.cpp, whichever binding makes its calls. The judge is llama.cpp with one sequence.</summary>
public abstract class LlamaBatchContract : IDisposable
{
    /// <summary>What a batch may move in F32 weights with keys and values in F16: a row is a sum of at most 128 products of either sign with a
    /// key or value that is rounded to 11 bits, here the same one on both sides; the order of the sums alone differs. See <see cref="Agreement.Floats"/>.</summary>
    private const double Batched = Agreement.Floats;

    private readonly TemporaryFolder _folder = new();

    private protected abstract Task<LlamaModel> LoadAsync(ModelOptions options);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<LlamaModel> LoadAsync(bool exact = false) =>
        LoadAsync(new ModelOptions { Path = TinyFamilies.Llama(_folder.File("model.gguf")), Device = "cpu", Exact = exact });

    private protected string File(string name) => _folder.File(name);

    private protected static int[] Words(int seed, int length) => [.. Enumerable.Range(0, length).Select(i => 259 + ((seed * 7) + (i * i * 3) + i) % 27)];

    /// <summary>The last row of tokens evaluated alone, in one piece.</summary>
    private protected static float[] Alone(LlamaModel model, params int[] tokens)
    {
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(1, model.Card.ContextLength));
        Assert.Equal(StepOutcome.Done, batch.Step([new(0, tokens, true)], default));
        return batch.Row(0).ToArray();
    }

    private protected static float[][] Rows(ISequenceBatch batch, params SequenceChunk[] chunks)
    {
        Assert.Equal(StepOutcome.Done, batch.Step(chunks, default));
        return [.. chunks.Select((chunk, i) => chunk.WantsRow ? batch.Row(i).ToArray() : [])];
    }

    private protected static SequenceChunk Chunk(int sequence, int[] tokens, bool wantsRow = true) => new(sequence, tokens, wantsRow);

    [Theory]
    [InlineData(false, 4 * 128)] // one pool, because there are fewer cells than five contexts have
    [InlineData(false, 5 * 128)]
    [InlineData(true, 5 * 128)]
    public async Task Sequences_in_one_step_give_the_rows_of_lone_ones(bool exact, int cells)
    {
        using LlamaModel model = await LoadAsync(exact);
        Assert.True(model.HasBatch);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(5, cells));
        Assert.Equal(exact ? 2 : 1, batch.SmallestPiece);
        Assert.Equal(cells < 5 * 128, batch.IsUnified);
        Assert.True(batch.Cells >= cells);
        int[] numbers = [3, 0, 4, 1]; // in any order, and with one left out
        float[][] rows = Rows(batch, [.. numbers.Select(n => Chunk(n, Words(n, 9 + n), n != 0))]);
        float[][] next = Rows(batch, [.. numbers.Reverse().Select(n => Chunk(n, [260 + n]))]);
        for (int i = 0; i < numbers.Length; i++)
        {
            int n = numbers[i];
            Assert.Equal(10 + n, batch.LengthOf(n));
            if (n != 0)
            {
                Assert.True(Agreement.OfRms(rows[i], Alone(model, Words(n, 9 + n))) < Batched);
            }
            Assert.True(Agreement.OfRms(next[^(i + 1)], Alone(model, [.. Words(n, 9 + n), 260 + n])) < Batched);
        }
        Assert.Equal(0, batch.LengthOf(2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tail_that_was_removed_has_no_part_in_what_comes_after(bool exact)
    {
        using LlamaModel model = await LoadAsync(exact);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 256));
        Rows(batch, Chunk(0, Words(1, 40), false), Chunk(1, Words(2, 20), false));
        Assert.True(batch.TryRemove(0, 30));
        Assert.Equal(30, batch.LengthOf(0));
        float[] row = Rows(batch, Chunk(0, [259, 260]))[0];
        Assert.True(Agreement.OfRms(row, Alone(model, [.. Words(1, 30), 259, 260])) < Batched);
        Assert.True(batch.TryRemove(0, 0));
        Assert.Equal((0, 20), (batch.LengthOf(0), batch.LengthOf(1)));
        Assert.True(Agreement.OfRms(Rows(batch, Chunk(0, Words(3, 11)))[0], Alone(model, Words(3, 11))) < Batched);
    }

    [Theory]
    [InlineData(false, 25, 3 * 128)]
    [InlineData(false, 25, 2 * 128)] // one pool of cells
    [InlineData(false, 40, 3 * 128)]
    [InlineData(false, 40, 2 * 128)] // one pool of cells
    [InlineData(true, 25, 3 * 128)]
    [InlineData(true, 40, 3 * 128)]
    public async Task A_prefix_that_is_shared_gives_the_rows_of_one_that_was_evaluated(bool exact, int length, int cells)
    {
        using LlamaModel model = await LoadAsync(exact);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, cells));
        int[] words = Words(1, 40);
        Rows(batch, Chunk(2, words, false));
        Assert.True(batch.TryShare(2, 0, length));
        Assert.True(batch.TryShare(0, 1, length - 1)); // of what was itself shared, before anything was evaluated
        Assert.Equal((length, length - 1, 40), (batch.LengthOf(0), batch.LengthOf(1), batch.LengthOf(2)));
        Assert.True(batch.TryRemove(2, 0)); // the others keep theirs
        float[][] rows = Rows(batch, Chunk(0, [261, 262]), Chunk(1, [263, 264]));
        Assert.True(Agreement.OfRms(rows[0], Alone(model, [.. words[..length], 261, 262])) < Batched);
        Assert.True(Agreement.OfRms(rows[1], Alone(model, [.. words[..(length - 1)], 263, 264])) < Batched);
    }

    [Fact]
    public async Task Where_the_cells_do_not_suffice_no_sequence_moves()
    {
        using LlamaModel model = await LoadAsync();
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 256));
        Assert.Equal(256, batch.Cells);
        Rows(batch, Chunk(0, Words(0, 100), false), Chunk(1, Words(1, 100), false));
        Assert.Equal(StepOutcome.NoRoom, batch.Step([Chunk(2, Words(2, 50)), Chunk(0, Words(0, 20))], default));
        Assert.Equal((100, 100, 0), (batch.LengthOf(0), batch.LengthOf(1), batch.LengthOf(2)));
        Assert.True(batch.TryRemove(1, 0));
        float[] row = Rows(batch, Chunk(2, Words(2, 50)), Chunk(0, [259]))[0];
        Assert.True(Agreement.OfRms(row, Alone(model, Words(2, 50))) < Batched);
    }

    [Fact]
    public async Task A_step_that_was_left_is_cut_back_and_repeated_without_a_trace()
    {
        TinyModel.Llama().Write(_folder.File("long.gguf")).Dispose();
        const int Long = 8000;
        using LlamaModel model = await LoadAsync(new ModelOptions { Path = File("long.gguf"), Device = "cpu", ContextLength = Long });
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 2 * Long));
        int[] words = [.. Enumerable.Range(0, batch.StepTokens).Select(i => 259 + i % 3)];
        while (batch.LengthOf(0) + words.Length < Long)
        {
            Rows(batch, Chunk(0, words, false)); // long sequences make long steps
        }
        int held = batch.LengthOf(0);
        Assert.True(batch.TryRemove(0, held - words.Length));
        held -= words.Length;
        StepOutcome outcome = StepOutcome.Done;
        for (int wait = 1; wait < 40 && outcome == StepOutcome.Done; wait++)
        {
            outcome = batch.Step([Chunk(0, words)], Steady.CancelledAfter(TimeSpan.FromMilliseconds(wait)));
            Assert.InRange(batch.LengthOf(0), held, held + words.Length);
            Assert.True(batch.TryRemove(0, held));
        }
        Assert.Equal(StepOutcome.Aborted, outcome);
        Assert.Throws<InvalidOperationException>(() => { batch.Row(0); });
        float[] repeated = Rows(batch, Chunk(0, words))[0];
        Assert.True(batch.TryRemove(0, held));
        Assert.Equal(Rows(batch, Chunk(0, words))[0], repeated);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(StepOutcome.Aborted, batch.Step([Chunk(1, words)], cancelled.Token));
        Assert.Equal(0, batch.LengthOf(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_state_that_was_saved_spares_the_evaluation(bool exact)
    {
        using LlamaModel model = await LoadAsync(exact);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 3 * 128));
        Assert.Null(batch.Save(0));
        Rows(batch, Chunk(0, Words(0, 17), false), Chunk(1, Words(1, 30), false));
        byte[] state = batch.Save(1)!;
        Assert.True(batch.TryRemove(1, 0));
        Assert.True(batch.TryRestore(2, state));
        Assert.Equal((0, 30), (batch.LengthOf(1), batch.LengthOf(2)));
        float[] row = Rows(batch, Chunk(2, [265, 266]))[0];
        Assert.True(Agreement.OfRms(row, Alone(model, [.. Words(1, 30), 265, 266])) < Batched);
    }

    [Fact]
    public async Task A_state_of_elsewhere_is_not_taken()
    {
        using LlamaModel model = await LoadAsync();
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 256)), other = model.OpenBatch(new BatchShape(2, 256));
        Rows(batch, Chunk(0, Words(0, 17), false));
        byte[] state = batch.Save(0)!;
        Assert.False(other.TryRestore(0, state)); // llama.cpp takes every state whose first bytes are right
        Assert.False(batch.TryRestore(1, []));
        Assert.False(batch.TryRestore(1, state[..20]));
        Assert.False(batch.TryRestore(1, state[..^8]));
        Assert.Equal(0, batch.LengthOf(1));
        Assert.True(batch.TryRestore(1, state));
    }

    [Fact]
    public async Task A_recurrent_model_says_that_it_cannot_go_back_and_shares_a_whole_state_alone()
    {
        var random = new Xoshiro256(6);
        TinyModel.Mamba().Set("mamba.context_length", 128u).Weights(() => (float)(random.NextCoin() - 0.5) / 2).Write(File("mamba.gguf")).Dispose();
        using LlamaModel model = await LoadAsync(new ModelOptions { Path = File("mamba.gguf"), Device = "cpu" });
        Assert.True(model.HasBatch);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(3, 3 * 128));
        int[] words = [.. Enumerable.Range(3, 20)];
        Rows(batch, Chunk(0, words, false), Chunk(1, words[..7], false));
        Assert.False(batch.TryRemove(0, 15));
        Assert.False(batch.TryShare(0, 2, 15));
        Assert.Equal((20, 7, 0), (batch.LengthOf(0), batch.LengthOf(1), batch.LengthOf(2)));
        Assert.True(batch.TryShare(0, 2, 20));
        float[][] rows = Rows(batch, Chunk(0, [30]), Chunk(2, [31]), Chunk(1, [32]));
        Assert.True(Agreement.OfRms(rows[0], Alone(model, [.. words, 30])) < Batched);
        Assert.True(Agreement.OfRms(rows[1], Alone(model, [.. words, 31])) < Batched);
        Assert.True(Agreement.OfRms(rows[2], Alone(model, [.. words[..7], 32])) < Batched);
        byte[] state = batch.Save(1)!;
        Assert.True(batch.TryRemove(1, 0));
        Assert.True(batch.TryRestore(1, state));
        Assert.True(Agreement.OfRms(Rows(batch, Chunk(1, [33]))[0], Alone(model, [.. words[..7], 32, 33])) < Batched);
    }

    /// <summary>Each of these ends the process, or is silently accepted and gives wrong numbers.</summary>
    [Fact]
    public async Task What_kills_llama_cpp_or_is_silently_accepted_does_not_reach_it()
    {
        using LlamaModel model = await LoadAsync();
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(2, 256));
        Rows(batch, Chunk(0, Words(0, 5), false));
        int[] one = [259];
        Refused(() => batch.Step([Chunk(2, one)], default)); // taken up to 255, and fatal from 256 on
        Refused(() => batch.Step([Chunk(-1, one)], default));
        Refused(() => batch.Step([Chunk(1, one), Chunk(1, one)], default));
        Refused(() => batch.Step([Chunk(1, [])], default));
        Refused(() => batch.Step([Chunk(1, new int[batch.StepTokens + 1])], default)); // fatal
        Refused(() => batch.Step([Chunk(0, Words(0, 124))], default)); // beyond the context length: fatal where positions are learned
        Refused(() => batch.TryRemove(2, 0)); // fatal from 256 on
        Refused(() => batch.TryRemove(0, 6));
        Refused(() => batch.TryRemove(0, -1));
        Refused(() => batch.TryShare(0, 0, 1));
        Refused(() => batch.TryShare(0, 1, 6));
        Refused(() => batch.TryShare(1, 0, 1));
        Refused(() => batch.Save(2));
        Refused(() => batch.TryRestore(0, batch.Save(0)!)); // onto tokens
        Assert.Throws<InvalidOperationException>(() => { batch.Row(0); }); // that step wanted none
        Assert.Equal((5, 0), (batch.LengthOf(0), batch.LengthOf(1)));
        Assert.True(Agreement.OfRms(Rows(batch, Chunk(0, one))[0], Alone(model, [.. Words(0, 5), 259])) < Batched);

        static void Refused<T>(Func<T> call) => Assert.Throws<InvalidOperationException>(() => { _ = call(); });
    }

    [Fact]
    public async Task A_token_that_there_is_not_fails_the_step_and_not_the_process()
    {
        using LlamaModel model = await LoadAsync();
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(1, 128));
        Assert.Throws<EngineException>(() => { batch.Step([Chunk(0, [-1])], default); });
    }

    /// <summary>What keys and values of 8 bits move: 2⁻⁸ of the largest of each 32 numbers, so 2⁻⁷ of a deviation, in a few of the sums; and no more than
    /// the row itself, or something else was read.</summary>
    [Theory]
    [InlineData(CacheType.Q8_0, 0.1)]
    [InlineData(CacheType.F32, 0.02)] // F16 rounds by 2⁻¹¹: an eighth
    public async Task Keys_and_values_are_kept_as_asked(CacheType type, double bound)
    {
        var random = new Xoshiro256(4);
        TinyModel.Llama(64, 96).Set("llama.context_length", 128u).Weights(() => (float)(random.NextCoin() - 0.5)).Write(File("heads.gguf")).Dispose(); // heads of 32
        var options = new ModelOptions { Path = File("heads.gguf"), Device = "cpu" };
        using LlamaModel usual = await LoadAsync(options), asked = await LoadAsync(options with { CacheType = type });
        int[] words = [.. Words(3, 60).Select(word => word % 262)];
        double difference = Agreement.OfRms(Alone(asked, words), Alone(usual, words));
        Assert.InRange(difference, 1e-9, bound);
    }

    [Fact]
    public async Task A_cache_that_llama_cpp_cannot_make_is_refused_at_loading()
    {
        var heads = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new ModelOptions { Path = TinyFamilies.Llama(File("small.gguf")), Device = "cpu", CacheType = CacheType.Q8_0 }));
        Assert.Contains("expected heads of a multiple of 32, found 8", heads.Message, StringComparison.Ordinal);
        var bias = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new ModelOptions { Path = TinyFamilies.T5(File("t5.gguf")), Device = "cpu", CacheType = CacheType.Q8_0 }));
        Assert.Contains("encoder–decoder", bias.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_setting_of_the_computation_gives_the_same_rows()
    {
        using LlamaModel usual = await LoadAsync();
        float[] expected = Alone(usual, Words(1, 50));
        var options = new ModelOptions { Path = File("model.gguf"), Device = "cpu" };
        foreach (ModelOptions other in (ModelOptions[])
            [options with { MicroBatch = 5 }, options with { FlashAttention = FlashAttention.On }, options with { FlashAttention = FlashAttention.Off },
             options with { Repack = false }, options with { BatchThreads = 2 }])
        {
            using LlamaModel model = await LoadAsync(other);
            // Without flash attention keys and values are read back as 16-bit floats in another place: one rounding by 2⁻¹¹ in each of two layers.
            Assert.True(Agreement.OfRms(Alone(model, Words(1, 50)), expected) < Agreement.HalfGelu, other.ToString());
        }
    }
}
