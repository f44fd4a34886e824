using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Part(int number, int count = 3, int named = 3, uint tensors = 4, string tensor = "t", string name = "m") =>
        _folder.File($"{name}-{number + 1:D5}-of-{named:D5}.gguf", GgufBytes.Header(tensors: number == 0 ? 2ul : 1, entries: 4)
            .UInt16Entry("split.no", (ushort)number).UInt16Entry("split.count", (ushort)count).Key("split.tensors.count", 5).UInt32(tensors)
            .UInt32Entry("only.in", (uint)number)
            .Tensor($"{tensor}{number}", [4], type: 24)
            .TensorIf(number == 0, "last", [4], type: 24, offset: 32)
            .Data(number == 0 ? 36 : 4 + number));

    [Fact]
    public void The_parts_are_opened_through_the_first()
    {
        string path = Part(0);
        _ = (Part(1), Part(2));

        using GgufFile file = GgufFile.Open(path);

        Assert.Equal(["t0", "last", "t1", "t2"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(0u, file.Metadata.GetUInt32("only.in"));
        Assert.Equal([0, 0, 1, 2], file.Tensors.Select(tensor => tensor.Part));
        Assert.Equal([32, 33, 34, 35], file.GetData(file.FindTensor("last")!, 0, 4).ToArray());
        Assert.Equal([0, 1, 2, 3], file.GetData(file.FindTensor("t2")!, 0, 4).ToArray());
        Assert.Equal(new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFiles().Sum(part => part.Length), file.FileBytes);
    }

    [Fact]
    public void A_later_part_names_the_first()
    {
        _ = (Part(0), Part(2));

        Assert.Contains("Give 'm-00001-of-00003.gguf' instead", Refusal(Part(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_part_is_named()
    {
        string path = Part(0);
        Part(1);

        Assert.Contains("m-00003-of-00003.gguf", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_under_another_name_is_refused()
    {
        string renamed = _folder.File("renamed.gguf");
        File.Move(Part(0), renamed);

        Assert.Contains("expected a file name that ends in -00001-of-00003.gguf, found 'renamed.gguf'", Refusal(renamed), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_are_mixed_up_are_refused()
    {
        string path = Part(0);
        Part(1);
        File.Copy(_folder.File("m-00002-of-00003.gguf"), _folder.File("m-00003-of-00003.gguf"));

        Assert.Contains("expected 2, found 1. The parts are mixed up", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_number_of_tensors_is_refused()
    {
        string path = Part(0, tensors: 5);
        _ = (Part(1), Part(2));

        Assert.Contains("expected 5 tensors in the 3 parts, found 4", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_in_two_parts_is_refused()
    {
        string path = Part(0);
        Part(1);
        Part(2);
        File.WriteAllBytes(_folder.File("m-00003-of-00003.gguf"), GgufBytes.Header(tensors: 1, entries: 1)
            .UInt16Entry("split.no", 2).Tensor("t0", [4]).Data(16).ToArray());

        Assert.Contains("found 't0' twice", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void More_parts_than_the_limit_are_refused() =>
        Assert.Contains("expected at most 4096, found 5000", Refusal(Part(0, count: 5000, named: 5000)), StringComparison.Ordinal);

    private static string Refusal(string path) => Assert.Throws<ModelFileException>(() => GgufFile.Open(path)).Message;
}
