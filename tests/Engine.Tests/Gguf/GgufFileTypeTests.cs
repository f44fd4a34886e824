using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufFileTypeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(15u, GgmlType.Q4_K, "Q4_K_M")]      // as the number says
    [InlineData(14u, GgmlType.Q4_K, "Q4_K_S")]
    [InlineData(38u, GgmlType.MXFP4, "MXFP4")]
    [InlineData(39u, GgmlType.NVFP4, "NVFP4")]
    [InlineData(41u, GgmlType.Q2_0, "Q2_0")]
    [InlineData(29u, GgmlType.IQ2_S, "IQ2_M")]      // a mixture named after its bits
    [InlineData(22u, GgmlType.IQ3_S, "IQ3_XS")]
    [InlineData(15u, GgmlType.Q8_0, "Q8_0")]        // a quantizer fell back and left the number
    [InlineData(0u, GgmlType.F16, "F16")]           // the number is wrong
    [InlineData(4u, GgmlType.Q8_0, "Q8_0")]         // a number out of use
    [InlineData(1024u, GgmlType.F32, "F32")]        // "guessed"
    [InlineData(null, GgmlType.BF16, "BF16")]
    public void The_name_is_that_of_most_elements_in_the_variant_the_file_gives(uint? number, GgmlType type, string name)
    {
        var writer = new GgufWriter();
        if (number is uint said)
        {
            writer.SetMetadata("general.file_type", said);
        }
        writer.AddTensor("norm", [256], GgmlType.F32, new byte[1024]);
        long bytes = GgmlBlock.Of(type).BytesOf(1024);
        writer.AddTensor("weight", [256, 4], type, new byte[bytes]);
        writer.Write(_folder.File("type.gguf"));
        using GgufFile file = GgufFile.Open(_folder.File("type.gguf"));
        Assert.Equal(name, GgufFileType.Of(file));
    }
}
