using System.Text;

namespace Engine.Tests.Chat.Tools;

/// <summary>A tokenizer of bytes and a few control tokens, which have no bytes.</summary>
internal sealed class MarkedTokenizer(params string[] control) : ITokenizer
{
    public int VocabularySize => 256 + control.Length;

    public int? BeginningOfSequence => null;

    public int? EndOfSequence => null;

    public bool IsEndOfGeneration(int token) => false;

    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

    public ReadOnlyMemory<byte> GetBytes(int token) => token < 256 ? new byte[] { (byte)token } : ReadOnlyMemory<byte>.Empty;

    public string GetPiece(int token) => token < 256 ? ((char)token).ToString() : control[token - 256];

    public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.Where(t => t < 256).Select(t => (byte)t)]);

    /// <summary>The token of a control token's text, whose text in an answer is empty.</summary>
    public GeneratedToken Token(string text) => Array.IndexOf(control, text) is >= 0 and var id ? Made(256 + id, "") : Made('a', text);

    /// <summary>An answer of texts.</summary>
    public static IEnumerable<GeneratedToken> Tokens(IReadOnlyList<string> texts, FinishReason reason) =>
        [.. texts.Select(text => Made('a', text)), Made('a', "") with { FinishReason = reason }];

    private static GeneratedToken Made(int token, string text) => new() { Token = token, Text = text, Index = 0, PromptTokens = 1 };
}
