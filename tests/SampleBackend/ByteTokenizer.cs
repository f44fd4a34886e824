using System.Text;
using Engine;

namespace SampleBackend;

/// <summary>Tokens are bytes.</summary>
internal sealed class ByteTokenizer : ITokenizer
{
    public const int Size = 256;

    public int VocabularySize => Size;

    public int? BeginningOfSequence => null;

    public int? EndOfSequence => 0;

    public bool IsEndOfGeneration(int token) => token == 0;

    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

    public ReadOnlyMemory<byte> GetBytes(int token) => new byte[] { Checked(token) };

    public string GetPiece(int token) => $"<0x{Checked(token):X2}>";

    public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.Select(Checked)]);

    private static byte Checked(int token) => token is >= 0 and < Size ? (byte)token : throw new TokenOutOfRangeException(token, Size);
}
