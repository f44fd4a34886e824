using Engine;
using Engine.Gguf;
using Engine.Parity;

namespace ReferenceModels.Tests;

/// <summary>What a report says about its own coverage, checked against the effect of a fault.</summary>
public sealed class CoverageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(6, ParityVerdict.Fail)]
    [InlineData(300, ParityVerdict.Pass)]
    public async Task A_fault_in_an_embedding_row_shows_only_where_a_token_uses_it(int row, ParityVerdict verdict)
    {
        string path = new RandomLlama().Write(_folder.File("right.gguf"));
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        await using IModel reference = await ReferenceModelFixture.LoadAsync(WithFault(path, row));
        ParityReport report = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens([1, 5, 6, 5]));
        Assert.Equal(verdict, report.Verdict);
        Assert.Equal((3, 320, 4, 512), (report.Coverage!.RowsUsed, report.Coverage.Rows, report.Coverage.PositionsReached, report.Coverage.Positions));
        Assert.Equal((4, 2), (report.Coverage.HeadsExercised, report.Coverage.KeyValueHeadsExercised));
        Assert.StartsWith("the lookup of the other 317 rows", report.Coverage.NotExercised, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_in_the_queries_shows_only_where_a_token_can_attend_to_another()
    {
        string path = new RandomLlama().Write(_folder.File("right.gguf"));
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        await using IModel reference = await ReferenceModelFixture.LoadAsync(WithFault(path, 0, "blk.0.attn_q.weight"));
        ParityReport one = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens([5]));
        ParityReport two = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens([5, 6, 7, 8]));
        Assert.Equal((ParityVerdict.Pass, 0), (one.Verdict, one.Coverage!.HeadsExercised));
        Assert.Equal((ParityVerdict.Fail, 4), (two.Verdict, two.Coverage!.HeadsExercised));
    }

    // Here llama.cpp says which experts a token goes to, in the report the reference does.
    [Fact]
    public async Task A_fault_in_an_expert_shows_where_a_token_uses_it_and_the_rest_are_counted()
    {
        const int experts = 8, used = 2, inner = 48, layers = 2;
        int[] tokens = [1, 5, 6];
        string path = new RandomDescendant { Architecture = "llama", Experts = experts, Used = used, Inner = inner, N = layers }.Write(_folder.File("right.gguf"));
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        var chosen = new List<int[]>();
        for (int layer = 0; layer < layers; layer++)
        {
            float[] order = await OrderAsync(native, tokens, layer);
            chosen.Add([.. order.Where((_, i) => i % experts < used).Select(expert => (int)expert).Distinct()]);
        }
        int idle = Enumerable.Range(0, experts).First(expert => !chosen[0].Contains(expert));

        ParityReport unseen = await CompareAsync(WithFault(path, idle * inner, "blk.0.ffn_up_exps.weight"));
        Assert.Equal((ParityVerdict.Pass, experts, layers), (unseen.Verdict, unseen.Coverage!.Experts, unseen.Coverage.ExpertLayers));
        int exercised = chosen.Sum(layer => layer.Length);
        Assert.Equal(exercised, unseen.Coverage.ExpertsExercised);
        Assert.Contains($"{exercised} of 16 experts (8 in each of 2 layers)", unseen.Coverage.ToText(), StringComparison.Ordinal);
        Assert.EndsWith($"{16 - exercised} experts", unseen.Coverage.NotExercised, StringComparison.Ordinal);
        Assert.Equal(ParityVerdict.Fail, (await CompareAsync(WithFault(path, chosen[0][0] * inner, "blk.0.ffn_up_exps.weight"))).Verdict);

        async Task<ParityReport> CompareAsync(string faulty)
        {
            await using IModel reference = await ReferenceModelFixture.LoadAsync(faulty);
            return await ParityCheck.RunAsync(native, reference, Prompt.FromTokens(tokens));
        }
    }

    private static async Task<float[]> OrderAsync(IModel model, int[] tokens, int layer)
    {
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(tokens), Activations = [$"ffn_moe_argsort-{layer}"] };
        List<ScoreBlock> blocks = await model.ScoreAsync(request).ToListAsync();
        return blocks[0].Activations.Single(activation => activation.Operation == "ARGSORT").Values;
    }

    // A row of a tensor, each of its numbers doubled and negated.
    private string WithFault(string path, int row, string tensor = "token_embd.weight")
    {
        byte[] bytes = File.ReadAllBytes(path);
        byte[] right;
        using (GgufFile file = GgufFile.Open(path))
        {
            long length = file.FindTensor(tensor)!.Shape[0] * sizeof(float);
            right = file.GetData(file.FindTensor(tensor)!, row * length, (int)length).ToArray();
        }
        int start = bytes.AsSpan().IndexOf(right); // unique in the file, as random as it is
        for (int at = start; at < start + right.Length; at += sizeof(float))
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at), -2 * BitConverter.ToSingle(bytes, at));
        }
        return _folder.File("faulty.gguf", bytes);
    }
}
