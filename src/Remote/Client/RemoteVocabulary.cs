using Engine.Remote.Protocol;
using Google.Protobuf;

namespace Engine.Remote.Client;

/// <summary>The tokens of a remote model.</summary>
internal sealed class RemoteVocabulary
{
    private readonly List<ByteString> _bytes = [];
    private readonly List<string> _pieces = [];

    /// <summary>V.</summary>
    public int Count => _bytes.Count;

    /// <summary>Appends the next tokens.</summary>
    /// <param name="part">The tokens.</param>
    /// <param name="size">How many there are in all.</param>
    /// <exception cref="ProtocolFault">It is not the expected part.</exception>
    public void Add(VocabularyPart part, int size)
    {
        if (part.Pieces.Count != part.TokenBytes.Count || part.Pieces.Count > size - Count)
        {
            throw new ProtocolFault($"a vocabulary of {size} tokens", $"{part.TokenBytes.Count} with {part.Pieces.Count} texts after {Count}");
        }
        _bytes.AddRange(part.TokenBytes);
        _pieces.AddRange(part.Pieces);
    }

    public ReadOnlyMemory<byte> Bytes(int token) => _bytes[Checked(token)].Memory;

    public string Piece(int token) => _pieces[Checked(token)];

    private int Checked(int token) => (uint)token < (uint)Count ? token : throw new TokenOutOfRangeException(token, Count);
}
