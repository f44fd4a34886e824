using System.Text;
using Engine.Remote.Protocol;

namespace Engine.Remote.Client;

/// <summary>The tokenizer of a remote model: its vocabulary is kept here, and texts are split where the model is, by the same tokenizer that its
/// prompts go through.</summary>
/// <param name="vocabulary">What each token is.</param>
/// <param name="description">The server's description of it.</param>
/// <param name="split">Asks the server.</param>
internal sealed class RemoteTokenizer(RemoteVocabulary vocabulary, Description description, Func<string, bool, bool, Task<IReadOnlyList<int>>> split) : ITokenizer
{
    private readonly HashSet<int> _ends = [.. description.EndOfGeneration];

    public int VocabularySize => vocabulary.Count;

    public int? BeginningOfSequence { get; } = description.HasBeginningOfSequence ? description.BeginningOfSequence : null;

    public int? EndOfSequence { get; } = description.HasEndOfSequence ? description.EndOfSequence : null;

    public bool IsEndOfGeneration(int token) => _ends.Contains(token);

    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return split(text, addSpecial, parseSpecial).GetAwaiter().GetResult();
    }

    public ReadOnlyMemory<byte> GetBytes(int token) => vocabulary.Bytes(token);

    public string GetPiece(int token) => vocabulary.Piece(token);

    public string Decode(IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var bytes = new MemoryStream();
        foreach (int token in tokens)
        {
            bytes.Write(GetBytes(token).Span);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
