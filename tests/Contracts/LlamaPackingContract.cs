using Engine;
using Engine.LlamaCpp;
using Engine.Serving;

namespace Tests.Contracts;

/// <summary>Many inputs in one evaluation of llama.cpp, whichever binding makes its calls. The judge is llama.cpp with one input.</summary>
public abstract class LlamaPackingContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private protected abstract Task<LlamaModel> LoadAsync(ModelOptions options);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private Task<LlamaModel> LoadAsync(string family) => LoadAsync(new ModelOptions
    {
        Path = family == "bert" ? TinyFamilies.Bert(_folder.File("bert.gguf")) : TinyFamilies.Llama(_folder.File("llama.gguf")),
        Device = "cpu",
    });

    // In no order of length, one of them longer than what goes together.
    private static PassInput[] Inputs(string family) => [.. Enumerable.Range(0, 40).Select(n => new PassInput(
        [.. Enumerable.Range(0, n == 17 ? 100 : 1 + (n * 7 % 23)).Select(i => (family == "bert" ? 8 : 259) + ((n + (i * i)) % 26))]))];

    private static float[][][] Embed(IPass pass, IReadOnlyList<PassInput> inputs, Pooling pooling)
    {
        var rows = inputs.Select(_ => new List<float[]>()).ToArray();
        pass.Embed(inputs, pooling, (input, position, row) =>
        {
            Assert.Equal(pooling == Pooling.None ? rows[input].Count : 0, position);
            rows[input].Add(row.ToArray());
        }, default);
        return [.. rows.Select(list => list.ToArray())];
    }

    /// <summary>What neighbours may move: only the order of sums, since keys and values are rounded the same way on both sides; with BERT's GELU, a table of
    /// 16-bit floats, by a step of it. See <see cref="Agreement.HalfGelu"/>.</summary>
    [Theory]
    [InlineData("bert", Pooling.None)]
    [InlineData("bert", Pooling.Mean)]
    [InlineData("bert", Pooling.Cls)]
    [InlineData("bert", Pooling.Rank)]
    [InlineData("llama", Pooling.None)]
    [InlineData("llama", Pooling.Mean)]
    [InlineData("llama", Pooling.Last)]
    public async Task Many_inputs_give_the_rows_of_lone_ones(string family, Pooling pooling)
    {
        using LlamaModel model = await LoadAsync(family);
        using IPass pass = model.OpenPass(new(Numerics.Production, Embeds: true));
        PassInput[] inputs = Inputs(family);
        float[][][] together = Embed(pass, inputs, pooling);
        for (int i = 0; i < inputs.Length; i++)
        {
            float[][] alone = Embed(pass, [inputs[i]], pooling)[0];
            Assert.Equal(pooling == Pooling.None ? inputs[i].Tokens.Length : 1, alone.Length);
            Assert.True(Agreement.OfRms(together[i], alone) < Agreement.HalfGelu, $"input {i} of {inputs[i].Tokens.Length} tokens");
        }
        Assert.True(Agreement.OfRms(together[0], together[23]) > 0.1); // of one token each
    }

    [Theory]
    [InlineData("bert", Pooling.Mean)]
    [InlineData("bert", Pooling.Rank)]
    [InlineData("llama", Pooling.Last)]
    public async Task With_strict_numerics_no_input_knows_of_another(string family, Pooling pooling)
    {
        using LlamaModel model = await LoadAsync(family);
        using IPass pass = model.OpenPass(new(Numerics.Strict, Embeds: true));
        PassInput[] inputs = Inputs(family);
        float[][][] together = Embed(pass, inputs, pooling);
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.Equal(Embed(pass, [inputs[i]], pooling)[0], together[i]);
        }
    }

    [Fact]
    public async Task A_cancellation_ends_the_evaluation_and_the_next_one_is_whole()
    {
        using LlamaModel model = await LoadAsync("bert");
        using IPass pass = model.OpenPass(new(Numerics.Production, Embeds: true));
        PassInput[] inputs = Inputs("bert");
        using var cancelled = new CancellationTokenSource();
        int rows = 0;
        Assert.Throws<OperationCanceledException>(() => { pass.Embed(inputs, Pooling.Mean, (_, _, _) => { rows++; cancelled.Cancel(); }, cancelled.Token); });
        Assert.InRange(rows, 1, PackedInputs.MaxInputs);
        Assert.All(Embed(pass, inputs, Pooling.Mean), row => Assert.Single(row));
    }
}
