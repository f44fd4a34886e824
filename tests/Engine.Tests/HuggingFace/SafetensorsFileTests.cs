using Engine.HuggingFace.Files;

namespace Engine.Tests.HuggingFace;

/// <summary>Files that lie, each with the sentence that refuses it.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("F32", 4e-7)]
    [InlineData("F16", 5e-4)]
    [InlineData("BF16", 4e-3)]
    [InlineData("F8_E4M3", 0.13)]
    [InlineData("F8_E5M2", 0.26)]
    public void Every_type_of_weights_is_read_as_the_nearest_floats(string type, double step)
    {
        SafetensorsWriter.Write(_folder.File("exact"), "F32", [("a.weight", [5, 7])]);
        SafetensorsWriter.Write(_folder.File("rounded"), type, [("a.weight", [5, 7])]);

        float[] expected = Read("exact"), found = Read("rounded");

        Assert.All(expected.Zip(found), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, (step * Math.Abs(pair.First)) + (1.0 / 512)));
        Assert.True(found.Distinct().Count() > 15);

        float[] Read(string name)
        {
            using var file = SafetensorsFile.Open(_folder.File(name));
            var values = new float[35];
            file.Tensors.Single().Read(0, values);
            return values;
        }
    }

    [Fact]
    public void Eight_bit_floats_have_the_numbers_of_their_standard()
    {
        // Of the OCP's FP8 specification: least, one, greatest, NaN.
        Span<float> values = stackalloc float[4];
        SafetensorsType.Find("F8_E4M3")!.ToSingles([0x01, 0x38, 0x7E, 0x7F], values);
        Assert.Equal([1f / 512, 1f, 448f, float.NaN], values.ToArray());
        SafetensorsType.Find("F8_E5M2")!.ToSingles([0x01, 0x3C, 0x7B, 0xFC], values);
        Assert.Equal([1f / 65536, 1f, 57344f, float.NegativeInfinity], values.ToArray());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "'a' of F32 (2) in 8 bytes, found offsets 0 to 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 8, "an overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "cover all 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 2, "offsets of 'a' from 0 to 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "found offsets 4 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "lengths in the shape of 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "found offsets 0 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}""", 4, "lengths in the shape")]
    [InlineData("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}""", 4, "a known type for 'a'")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype, shape and data_offsets of 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "a header of JSON")]
    [InlineData("""{"\uD800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "an invalid text")]
    [InlineData("[]", 0, "a JSON object as header")]
    [InlineData("{", 0, "a header of JSON")]
    public void A_header_that_contradicts_itself_or_the_file_is_refused(string header, int data, string message)
    {
        string path = _folder.File("model.safetensors", SafetensorsWriter.ToBytes(header, new byte[data]));
        Assert.Contains(message, Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 62)]
    [InlineData(200_000_000UL)]
    [InlineData(9UL)]
    public void A_header_longer_than_the_file_is_refused_before_it_is_read(ulong length)
    {
        string path = _folder.File("model.safetensors", [.. BitConverter.GetBytes(length), .. "{}      "u8]);
        Assert.Contains("expected a header of at most 8 bytes", Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_a_few_bytes_is_refused()
    {
        string path = _folder.File("model.safetensors", [1, 2, 3]);
        Assert.Contains("the length of a header", Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_to_any_byte_of_the_header_is_refused_with_a_message_or_harmless()
    {
        SafetensorsWriter.Write(_folder.File("whole"), "F16", [("a.weight", [2, 3]), ("b.bias", [4])]);
        byte[] whole = File.ReadAllBytes(_folder.File("whole"));
        var random = new Random(5);
        for (int round = 0; round < 400; round++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length - 20)] = (byte)random.Next(256);
            string path = _folder.File("damaged", round % 4 == 0 ? damaged[..random.Next(damaged.Length)] : damaged);
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (SafetensorsTensor tensor in file.Tensors.Where(tensor => tensor.Type.IsWeights))
                {
                    tensor.Read(0, new float[tensor.Elements]);
                }
            }
            catch (ModelFileException e)
            {
                Assert.Contains("expected", e.Message, StringComparison.Ordinal);
            }
        }
    }
}
