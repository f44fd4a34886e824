using System.Text;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>A special token: its text after a byte that no UTF-8 contains, so that no other token is taken for it.</summary>
internal sealed class MarkerReader(byte[] bytes, int at, Readers readers) : Reader(NoText.Instance)
{
    /// <summary>The byte before the text.</summary>
    public const byte Sign = 0xFF;

    public override bool IsDone => at == bytes.Length;

    public override bool GoesOn => at < bytes.Length;

    public override byte[] Rest => bytes[at..];

    protected override bool IsBetweenCharacters => false;

    /// <summary>What a special token is read as.</summary>
    public static byte[] Bytes(string token) => [Sign, .. Encoding.UTF8.GetBytes(token)];

    public override Reader? Next(byte next) => at < bytes.Length && bytes[at] == next ? readers.Marker(bytes, at + 1) : null;

    private sealed class NoText : TextState
    {
        public static readonly NoText Instance = new();

        public override bool Accepts => true;

        public override TextStep[] Steps => [];
    }
}
