using System.Security.Cryptography;
using Engine.BuiltIn;
using Engine.Gguf;

namespace Engine.Tests.BuiltIn;

public sealed class DefaultModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_bytes_are_made_everywhere()
    {
        using var bytes = new MemoryStream();
        DefaultModel.Compose().Write(bytes);

        Assert.Equal(DefaultModel.Hash, Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));
        Assert.InRange(bytes.Length, 1_000_000, 3_000_000);
    }

    [Fact]
    public void The_file_is_made_where_it_is_missing_and_kept_where_it_is_whole()
    {
        string path = DefaultModel.Ensure([_folder.File("models")]);
        DateTime written = File.GetLastWriteTimeUtc(path);

        Assert.Equal(path, DefaultModel.Ensure([_folder.File("models")]));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void A_damaged_file_is_made_again()
    {
        string path = DefaultModel.Ensure([_folder.File("models")]);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..1000]);

        Assert.Equal(path, DefaultModel.Ensure([_folder.File("models")]));
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Several_may_make_it_at_once()
    {
        string[] paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => DefaultModel.Ensure([_folder.File("models")]))));

        Assert.Single(paths.Distinct());
        Assert.Equal(DefaultModel.Hash, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(paths[0]))));
        Assert.Single(Directory.GetFiles(_folder.File("models")));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_passed_over()
    {
        File.WriteAllText(_folder.File("file"), "in the way");

        string path = DefaultModel.Ensure([_folder.File("file"), _folder.File("models")]);

        Assert.StartsWith(_folder.File("models"), path, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_folder_can_be_written_to_all_are_named()
    {
        File.WriteAllText(_folder.File("file"), "in the way");

        var refusal = Assert.Throws<ModelFileException>(() => DefaultModel.Ensure([_folder.File("file")]));

        Assert.Contains(_folder.File("file"), refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("Give a model of your own with --model PATH.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_harmless_and_what_it_says_it_is()
    {
        using GgufFile file = GgufFile.Open(DefaultModel.Ensure());

        GgufPreflight.Check(file);
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(8u, file.Metadata.GetUInt32("llama.attention.head_count"));
        Assert.Equal(2u, file.Metadata.GetUInt32("llama.attention.head_count_kv"));
        Assert.Contains("▁upon", file.Metadata.RequireStrings("tokenizer.ggml.tokens"));
    }

    /// <summary>Byte-pair merging joins two neighbours at a time: every longer token needs its own beginning.</summary>
    [Fact]
    public void Every_word_can_be_reached_by_merging()
    {
        var tokens = new DefaultVocabulary().Tokens.Skip(3 + 256).ToList();

        Assert.All(tokens.Where(token => token.Length > 1), token => Assert.Contains(token[..^1], tokens));
        Assert.Equal(tokens.Count, tokens.Distinct().Count());
    }
}
