using Engine;
using Engine.Gguf;
using Engine.Parity;

namespace ReferenceModels.Tests.Parity;

/// <summary>Quantized files in a replay in ggml's arithmetic: correct pairs pass, and a fault far below the noise that rounding
/// activations makes side by side is found.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class QuantizedFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // Bytes of a block, and the offsets of its half-precision scales (ggml-common.h of v0.5.0).
    private static readonly Dictionary<GgmlType, (int Bytes, int[] Scales)> Blocks = new()
    {
        [GgmlType.Q4_0] = (18, [0]),
        [GgmlType.Q4_1] = (20, [0, 2]),
        [GgmlType.Q5_0] = (22, [0]),
        [GgmlType.Q5_1] = (24, [0, 2]),
        [GgmlType.Q8_0] = (34, [0]),
        [GgmlType.Q2_K] = (84, [80, 82]),
        [GgmlType.Q3_K] = (110, [108]),
        [GgmlType.Q4_K] = (144, [0, 2]),
        [GgmlType.Q5_K] = (176, [0, 2]),
        [GgmlType.Q6_K] = (210, [208]),
        [GgmlType.IQ4_NL] = (18, [0]),
        [GgmlType.IQ4_XS] = (136, [0]),
        [GgmlType.IQ3_S] = (110, [0]),
        [GgmlType.TQ2_0] = (66, [64]),
    };

    public static TheoryData<GgmlType> Types => [.. ((GgmlType[])[
        GgmlType.F16, GgmlType.BF16, GgmlType.Q1_0, GgmlType.Q2_0, GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0, GgmlType.Q5_1, GgmlType.Q8_0,
        GgmlType.Q2_K, GgmlType.Q3_K, GgmlType.Q4_K, GgmlType.Q5_K, GgmlType.Q6_K,
        GgmlType.IQ1_S, GgmlType.IQ1_M, GgmlType.IQ2_XXS, GgmlType.IQ2_XS, GgmlType.IQ2_S, GgmlType.IQ3_XXS, GgmlType.IQ3_S, GgmlType.IQ4_NL, GgmlType.IQ4_XS,
        GgmlType.TQ1_0, GgmlType.TQ2_0, GgmlType.MXFP4,
    ])];

    public static TheoryData<GgmlType> BlockTypes => [.. Blocks.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_correct_pair_passes_in_either_arithmetic(GgmlType type)
    {
        RandomLlama llama = Llama(type);
        string path = llama.Write(_folder.File("right.gguf"));
        foreach (Arithmetic arithmetic in Enum.GetValues<Arithmetic>())
        {
            LayerFindings findings = await LayerFixture.LookAsync(path, path, llama.Tokens(40), arithmetic);
            Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
            Assert.Empty(LayerFixture.Unmeasured(findings));
        }
    }

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public async Task A_tensor_times_1_05_is_named(GgmlType type)
    {
        (int bytes, int[] scales) = Blocks[type];
        await CheckAsync(type, f => f.ScaleBlocks("blk.1.attn_output.weight", 1.05f, bytes, scales), "attn_out-1");
    }

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public async Task One_block_times_1_05_is_named(GgmlType type)
    {
        (int bytes, int[] scales) = Blocks[type];
        await CheckAsync(type, f => f.ScaleBlocks("blk.0.ffn_down.weight", 1.05f, bytes, scales, index: 57), "ffn_out-0");
    }

    [Fact]
    public async Task A_tensor_times_1_01_is_hidden_side_by_side_but_named_by_the_replay()
    {
        RandomLlama llama = Llama(GgmlType.Q8_0);
        string path = llama.Write(_folder.File("right.gguf"));
        string faulty = new FaultyFile(path, _folder.File("faulty.gguf")).ScaleBlocks("blk.1.ffn_up.weight", 1.01f, 34, [0]).Write();
        LayerFindings right = await LayerFixture.LookAsync(path, path, llama.Tokens(40), Arithmetic.Exact);
        LayerFindings wrong = await LayerFixture.LookAsync(path, faulty, llama.Tokens(40));
        ParityLayer noise = right.Layers.Single(layer => layer is { Name: "ffn_up-1", Op: "MUL_MAT" }), fault = wrong.Layers.Single(layer => layer is { Name: "ffn_up-1", Op: "MUL_MAT" });
        Assert.InRange(fault.Nmse!.Value, 0.5e-4, 2e-4);
        Assert.InRange(noise.SideBySideNmse!.Value, 0.2 * fault.Nmse.Value, 10 * fault.Nmse.Value);
        Assert.Equal("ffn_up-1", wrong.FirstDivergence!.Name);
        Assert.Equal(["ffn_up-1"], wrong.Layers.Where(layer => layer.Status == "diverges").Select(layer => layer.Name));
    }

    private static RandomLlama Llama(GgmlType type) => new() { Type = type, Width = 256, Inner = 512, H = 8, G = 2 };

    private async Task CheckAsync(GgmlType type, Action<FaultyFile> fault, string name)
    {
        RandomLlama llama = Llama(type);
        string path = llama.Write(_folder.File("right.gguf"));
        var faulty = new FaultyFile(path, _folder.File("faulty.gguf"));
        fault(faulty);
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty.Write(), llama.Tokens(40));
        Assert.Equal((name, "MUL_MAT"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.Equal([name], findings.Layers.Where(layer => layer.Status == "diverges").Select(layer => layer.Name));
    }
}
