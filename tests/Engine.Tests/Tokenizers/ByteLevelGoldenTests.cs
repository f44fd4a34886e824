using System.Text.Json;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Byte-level BPE as models were trained: Llama 3's tokens under the words of four models, judged by Hugging Face's
/// tokenizers (<c>tests/Golden/tokenizers/byte-level.js</c>).</summary>
public sealed class ByteLevelGoldenTests : IDisposable
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "tokenizers", "byte-level.json"))).RootElement;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama-bpe", false)]
    [InlineData("deepseek-v3", false)]
    [InlineData("qwen2", true)]  // composes: NFC
    [InlineData("gpt-4o", true)] // marks are letters, capitals are those of all scripts
    public void Ids_are_Hugging_Faces(string words, bool llamaCppDiffers)
    {
        ITokenizer trained = Read(words, TokenizerRule.Trained);
        ITokenizer native = Read(words, TokenizerRule.Native);
        int differing = 0;
        foreach ((string text, string ids) in Strings("texts").Zip(Strings(words)))
        {
            Assert.Equal((text, ids), (text, string.Join(' ', trained.Encode(text, addSpecial: false))));
            differing += ids == string.Join(' ', native.Encode(text, addSpecial: false)) ? 0 : 1;
        }
        Assert.Equal(llamaCppDiffers, differing > 0);
    }

    [Fact]
    public void Tekkens_words_are_o200ks_with_single_digits()
    {
        // No tokenizer.json of Tekken's is at hand; its regular expression is o200k's but for digits and contractions.
        ITokenizer tekken = Read("tekken", TokenizerRule.Trained);
        ITokenizer o200k = Read("gpt-4o", TokenizerRule.Trained);
        const string Text = "नमस्ते ÉCOLEécole e\u0301<div>";
        Assert.Equal(o200k.Encode(Text, addSpecial: false), tekken.Encode(Text, addSpecial: false));
        Assert.NotEqual(tekken.Encode(Text, addSpecial: false), Read("tekken", TokenizerRule.Native).Encode(Text, addSpecial: false));
        Assert.Equal(3, tekken.Encode("123", addSpecial: false).Count);
    }

    private static IEnumerable<string> Strings(string name) => Golden.GetProperty(name).EnumerateArray().Select(each => each.GetString()!);

    // Llama 3's vocabulary under the name of other words
    private ITokenizer Read(string words, TokenizerRule rule)
    {
        string path = _folder.File($"{words}.gguf");
        if (!File.Exists(path))
        {
            using GgufFile llama3 = GgufFile.Open(TestData.Vocabulary("ggml-vocab-llama-bpe.gguf"));
            var writer = new GgufWriter();
            foreach (string key in llama3.Metadata.Keys)
            {
                writer.SetMetadata(key, llama3.Metadata[key]!);
            }
            writer.SetMetadata(GgufKeys.TokenizerPre, words);
            writer.Write(path);
        }
        using GgufFile file = GgufFile.Open(path);
        return FileTokenizer.Read(file.Metadata, "llama", rule);
    }
}
