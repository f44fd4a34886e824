using System.Globalization;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Weights;

public sealed class ReadAheadTests : IDisposable
{
    private const int Bytes = 16 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public ReadAheadTests()
    {
        _path = _folder.File("large.gguf");
        var writer = new GgufWriter();
        writer.AddTensor("a", [Bytes / 2 / sizeof(float)], GgmlType.F32, new byte[Bytes / 2]);
        writer.AddTensor("b", [Bytes / 2 / sizeof(float)], GgmlType.F32, new byte[Bytes / 2]);
        writer.Write(_path);
    }

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public async Task A_file_that_is_read_ahead_is_in_memory_before_anyone_asks_for_its_weights()
    {
        using GgufFile file = GgufFile.Open(_path);
        Assert.InRange(MappedBytes(), 1, Bytes / 4);
        using var ahead = new ReadAhead(file, available: 2 * Bytes, smallest: Bytes);
        for (int i = 0; i < 6000 && MappedBytes() < Bytes; i++)
        {
            await Task.Delay(10);
        }
        Assert.True(MappedBytes() >= Bytes);
    }

    [LinuxFact]
    public async Task A_file_that_is_small_or_would_not_stay_in_memory_is_not_read_ahead()
    {
        using GgufFile file = GgufFile.Open(_path);
        using ReadAhead small = new(file, available: 2 * Bytes), large = new(file, available: Bytes, smallest: 0);
        await Task.Delay(50);
        Assert.InRange(MappedBytes(), 1, Bytes / 4);
    }

    [Fact]
    public void Reading_stops_before_its_file_is_closed()
    {
        for (int i = 0; i < 20; i++)
        {
            using GgufFile file = GgufFile.Open(_path);
            using var ahead = new ReadAhead(file, available: 2 * Bytes, smallest: Bytes);
        }
    }

    // Pages of the file that this process has mapped.
    private long MappedBytes() => File.ReadLines("/proc/self/smaps")
        .SkipWhile(line => !line.EndsWith(_path, StringComparison.Ordinal))
        .Where(line => line.StartsWith("Rss:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
        .First();
}
