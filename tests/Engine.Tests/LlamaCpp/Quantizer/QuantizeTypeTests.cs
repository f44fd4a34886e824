using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Tests.LlamaCpp.Quantizer;

public sealed class QuantizeTypeTests
{
    /// <summary>The numbers are llama.h's, which AbiTests holds; NVFP4 is only read.</summary>
    [Fact]
    public void Every_file_type_of_llama_cpp_can_be_asked_for_but_the_one_it_does_not_write() =>
        Assert.Equal(
            Enum.GetValues<llama_ftype>().Where(type => type != llama_ftype.MOSTLY_NVFP4).Order(),
            ModelQuantizer.Types.Select(name => QuantizeType.Find(name).Number).Order());

    [Theory]
    [InlineData("q4_k_m", "Q4_K_M", GgmlType.Q4_K)]
    [InlineData("Q4_K", "Q4_K_M", GgmlType.Q4_K)]
    [InlineData("iq2_m", "IQ2_M", GgmlType.IQ2_S)]
    [InlineData("mxfp4", "MXFP4_MOE", GgmlType.MXFP4)]
    public void Names_are_accepted_in_either_case_and_by_llama_quantizes_short_forms(string name, string found, GgmlType format) =>
        Assert.Equal((found, format), (QuantizeType.Find(name).Name, QuantizeType.Find(name).Default));
}
