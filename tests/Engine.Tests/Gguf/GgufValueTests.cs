using Engine.Gguf;

namespace Engine.Tests.Gguf;

/// <summary>To the CLR a boxed <c>int[]</c> is a <c>uint[]</c> as well, and a <c>sbyte[]</c> a <c>byte[]</c>; a file knows the difference.</summary>
public sealed class GgufValueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_array_has_only_its_own_type()
    {
        GgufValue[] values =
        [
            GgufValue.FromArray<byte>([1]), GgufValue.FromArray<sbyte>([-1]), GgufValue.FromArray<ushort>([1]), GgufValue.FromArray<short>([-1]),
            GgufValue.FromArray<uint>([1]), GgufValue.FromArray([-1]), GgufValue.FromArray<ulong>([1]), GgufValue.FromArray<long>([-1]),
            GgufValue.FromArray([1f]), GgufValue.FromArray([1.0]), GgufValue.FromArray([true]), GgufValue.FromStrings(GgufStrings.From(["a"])), GgufValue.FromScalar(1u),
        ];
        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            [
                Only(v => v.ArrayOf<byte>()), Only(v => v.ArrayOf<sbyte>()), Only(v => v.ArrayOf<ushort>()), Only(v => v.ArrayOf<short>()),
                Only(v => v.ArrayOf<uint>()), Only(v => v.ArrayOf<int>()), Only(v => v.ArrayOf<ulong>()), Only(v => v.ArrayOf<long>()),
                Only(v => v.ArrayOf<float>()), Only(v => v.ArrayOf<double>()), Only(v => v.ArrayOf<bool>()),
            ]);

        int Only(Func<GgufValue, Array?> read) => Assert.Single(values.Index(), value => read(value.Item) is not null).Index;
    }

    [Fact]
    public void Negative_integers_are_read_as_they_are() =>
        Assert.Equal([-10, 3], Metadata(GgufValue.FromArray([-10, 3])).GetInt32s("key"));

    [Fact]
    public void Bytes_are_read_signed_or_not()
    {
        Assert.Equal([0, 127, 255], Metadata(GgufValue.FromArray<byte>([0, 127, 255])).GetBytes("key"));
        Assert.Equal([0, 127, 255], Metadata(GgufValue.FromArray<sbyte>([0, 127, -1])).GetBytes("key"));
        Assert.Throws<ModelFileException>(() => Metadata(GgufValue.FromArray([1])).GetBytes("key"));
    }

    private GgufMetadata Metadata(GgufValue value)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("key", value);
        string path = _folder.File($"{Guid.NewGuid():N}.gguf");
        writer.Write(path);
        using GgufFile file = GgufFile.Open(path);
        return file.Metadata;
    }
}
