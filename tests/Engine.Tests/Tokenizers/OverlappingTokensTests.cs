using Engine.Gguf;

namespace Engine.Tests.Tokenizers;

/// <summary>User-defined tokens of one length that overlap in a text: the order in which they are looked for decides, and that is
/// what <c>std::sort</c> made of equal keys.</summary>
public sealed class OverlappingTokensTests : IDisposable
{
    private const string Letters = "ΘΛΞΠΣΦΨΩ";
    private const int Texts = 300;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task They_are_cut_out_in_the_order_of_llama_cpp()
    {
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(WriteVocabulary());
        var random = new Random(5);
        pair.SplitAlike(Enumerable.Range(0, Texts).Select(_ => string.Concat(random.GetItems<char>(Letters, 24))));
    }

    // All pairs of some letters, in the places of the last tokens.
    private string WriteVocabulary()
    {
        using GgufFile file = GgufFile.Open(TestData.Vocabulary("ggml-vocab-llama-spm.gguf"));
        string[] tokens = [.. file.Metadata.GetStrings("tokenizer.ggml.tokens")!];
        int[] kinds = [.. file.Metadata.GetInt32s("tokenizer.ggml.token_type")!];
        string[] pairs = [.. Letters.SelectMany(first => Letters.Select(second => $"{first}{second}")).Except(tokens)];
        Assert.True(pairs.Length > 32, "too few for a sort that is unstable");
        pairs.CopyTo(tokens, tokens.Length - pairs.Length);
        kinds.AsSpan(^pairs.Length..).Fill(4);

        var writer = new GgufWriter();
        foreach (string key in file.Metadata.Keys)
        {
            writer.SetMetadata(key, file.Metadata[key]!);
        }
        writer.SetMetadata("tokenizer.ggml.tokens", tokens);
        writer.SetMetadata("tokenizer.ggml.token_type", kinds);
        string path = _folder.File("pairs.gguf");
        writer.Write(path);
        return path;
    }
}
