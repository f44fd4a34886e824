using Engine;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.Tokenizers;

namespace Tests.Shared;

/// <summary>The managed tokenizer of a file and llama.cpp's, its judge.</summary>
internal sealed class TokenizerPair : IAsyncDisposable
{
    private readonly IModel _native;

    private TokenizerPair(IModel native, ITokenizer managed) => (_native, Managed) = (native, managed);

    public ITokenizer Managed { get; }

    public ITokenizer Native => _native.Tokenizer;

    public static async Task<TokenizerPair> OpenAsync(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        ITokenizer managed = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Native);
        IModel native = await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = path, Backend = "llama.cpp", Device = "cpu", Tokenizer = TokenizerRule.Native });
        return new TokenizerPair(native, managed);
    }

    /// <summary>Fails on the first text that the two split in different ways.</summary>
    public void SplitAlike(IEnumerable<string> texts)
    {
        int number = 0;
        foreach (string text in texts)
        {
            bool addSpecial = number % 3 != 0;
            bool parseSpecial = number++ % 2 == 0;
            IReadOnlyList<int> expected = Native.Encode(text, addSpecial, parseSpecial);
            IReadOnlyList<int> found = Managed.Encode(text, addSpecial, parseSpecial);
            if (!expected.SequenceEqual(found))
            {
                string points = string.Join(' ', text.EnumerateRunes().Select(rune => rune.Value.ToString("X4", null)));
                Assert.Fail($"text {number - 1} (addSpecial {addSpecial}, parseSpecial {parseSpecial}): expected {string.Join(' ', expected)}, found {string.Join(' ', found)}; code points {points}");
            }
        }
    }

    /// <summary>Texts of control tokens, and others that look like markup.</summary>
    public string[] Specials() =>
        [.. Enumerable.Range(0, Managed.VocabularySize)
            .Where(token => Managed.GetBytes(token).IsEmpty || Managed.GetPiece(token) is ['<', _, _, .., '>'])
            .Take(200).Select(Managed.GetPiece)];

    public ValueTask DisposeAsync() => _native.DisposeAsync();
}
