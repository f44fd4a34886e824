using Engine;
using Engine.Gguf;
using Engine.Parity;

namespace ReferenceModels.Tests;

/// <summary>What a report says of its own reach, held to what a fault does.</summary>
public sealed class CoverageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(6, ParityVerdict.Fail)]
    [InlineData(300, ParityVerdict.Pass)]
    public async Task A_fault_in_an_embedding_row_shows_where_a_token_looks_it_up_and_nowhere_else(int row, ParityVerdict verdict)
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
    public async Task A_fault_in_the_queries_shows_only_where_a_token_has_another_to_look_at()
    {
        string path = new RandomLlama().Write(_folder.File("right.gguf"));
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        await using IModel reference = await ReferenceModelFixture.LoadAsync(WithFault(path, 0, "blk.0.attn_q.weight"));
        ParityReport one = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens([5]));
        ParityReport two = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens([5, 6, 7, 8]));
        Assert.Equal((ParityVerdict.Pass, 0), (one.Verdict, one.Coverage!.HeadsExercised));
        Assert.Equal((ParityVerdict.Fail, 4), (two.Verdict, two.Coverage!.HeadsExercised));
    }

    // A row of a tensor, each of its numbers twice as large and with the other sign.
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
