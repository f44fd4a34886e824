using System.Text;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Reads a special token. Its bytes are its text after a byte that never occurs in UTF-8, so that no other token is mistaken for it.</summary>
internal sealed class MarkerReader(byte[] bytes, int at, Readers readers) : Reader(NoText.Instance)
{
    /// <summary>The byte before the text.</summary>
    public const byte Sign = 0xFF;

    public override bool IsDone => at == bytes.Length;

    public override bool GoesOn => at < bytes.Length;

    public override byte[] Rest => bytes[at..];

    protected override bool IsBetweenCharacters => false;

    /// <summary>The bytes that stand for a special token.</summary>
    public static byte[] Bytes(string token) => [Sign, .. Encoding.UTF8.GetBytes(token)];

    public override Reader? Next(byte next) => at < bytes.Length && bytes[at] == next ? readers.Marker(bytes, at + 1) : null;

    private sealed class NoText : TextState
    {
        public static readonly NoText Instance = new();

        public override bool Accepts => true;

        public override TextStep[] Steps => [];
    }
}
