using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>Judge: llama_model_quantize of llama.cpp v0.5.0, whose tensors ours equal byte for byte.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class QuantizeJudgeTests : QuantizerTestBase
{
    [Theory]
    [MemberData(nameof(Families))]
    public async Task The_tensors_are_byte_for_byte_those_of_llama_cpp_s_own_call(string family)
    {
        string input = Write(family, 256, 512);
        foreach (string type in new[] { "F16", "BF16", "Q8_0", "Q4_0", "Q5_1", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_S", "IQ4_NL", "IQ4_XS", "TQ1_0", "MXFP4_MOE" })
        {
            await Quantize(input, type);
            AssertSame(input, type, null);
        }
    }

    [Theory]
    [InlineData("Q4_K_M")]
    [InlineData("IQ2_XXS")]
    [InlineData("IQ1_M")]
    public async Task With_an_importance_matrix_they_are_those_of_llama_cpp_too(string type)
    {
        string input = Write("llama", 256, 512), importance = WriteImportance(input);
        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = Folder.File("out.gguf"), Type = type, ImportanceMatrix = importance });
        AssertSame(input, type, importance);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_K_M")]
    [InlineData("IQ4_NL")]
    public async Task From_a_file_that_is_not_in_F32_they_are_those_of_llama_cpp_too(string stored)
    {
        await Quantize(Write("llama", 256, 512), stored);
        string input = Folder.File("stored.gguf");
        File.Move(Folder.File("out.gguf"), input);
        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = Folder.File("out.gguf"), Type = "Q6_K", AllowRequantize = true });
        AssertSame(input, "Q6_K", null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Each_expert_is_weighted_by_its_own_importances(int threads)
    {
        const int width = 256, rows = 320, experts = 3;
        var random = new Xoshiro256(5);
        string input = Folder.File("experts.gguf"), importance = Folder.File("imatrix.gguf");
        TinyModel.Llama(width, rows).Tensor("blk.0.ffn_up.weight", width, rows, experts).Weights(() => (float)(random.NextCoin() - 0.5)).Write(input).Dispose();
        var matrix = new GgufWriter();
        float[] sums = [.. Enumerable.Range(0, width * experts).Select(_ => (float)random.NextCoin())];
        matrix.AddTensor("blk.0.ffn_up.weight.in_sum2", [width, experts], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(sums).ToArray());
        matrix.AddTensor("blk.0.ffn_up.weight.counts", [1, experts], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1, 2, 3]).ToArray());
        matrix.Write(importance);

        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = Folder.File("out.gguf"), Type = "Q4_K_S", ImportanceMatrix = importance, Threads = threads });

        AssertSame(input, "Q4_K_S", importance);
    }

    /// <summary>Has llama_model_quantize make the file, too, and compares what they hold.</summary>
    private unsafe void AssertSame(string input, string type, string? importance)
    {
        string judge = Folder.File("judge.gguf");
        using (ImportanceMatrix.Pinned? pinned = importance is null ? null : ImportanceMatrix.Read(importance).Pin())
        {
            llama_model_quantize_params parameters = Llama.llama_model_quantize_default_params();
            parameters.ftype = QuantizeType.Find(type).Number;
            parameters.allow_requantize = true;
            parameters.imatrix = pinned is null ? null : pinned.Entries;
            Assert.Equal(0u, Llama.llama_model_quantize(input, judge, parameters));
        }
        using GgufFile expected = GgufFile.Open(judge), found = GgufFile.Open(Folder.File("out.gguf"));
        Assert.Equal(expected.Metadata.Keys.Order(), found.Metadata.Keys.Order());
        Assert.All(expected.Metadata.Keys, key => Assert.Equal(expected.Metadata[key]!.Value, found.Metadata[key]!.Value));
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name).Order(), found.Tensors.Select(tensor => tensor.Name).Order());
        Assert.All(expected.Tensors, tensor =>
        {
            GgufTensor made = found.FindTensor(tensor.Name)!;
            Assert.Equal((tensor.Type, tensor.ByteLength), (made.Type, made.ByteLength));
            Assert.True(expected.GetData(tensor, 0, (int)tensor.ByteLength).SequenceEqual(found.GetData(made, 0, (int)made.ByteLength)), $"{type}: {tensor.Name}");
        });
    }
}
