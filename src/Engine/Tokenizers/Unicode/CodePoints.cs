using System.Globalization;

namespace Engine.Tokenizers.Unicode;

/// <summary>Unicode 15.1.0, the version of llama.cpp's tables, from the file beside this one; the runtime's own tables
/// are another version and depend on its globalization mode.</summary>
internal static class CodePoints
{
    /// <summary>One more than the last code point.</summary>
    public const int Count = 0x110000;

    /// <summary>U+FFFD.</summary>
    public const int Replacement = 0xFFFD;

    private const string Resource = "Engine.Tokenizers.Unicode.unicode-15.1.0.txt";

    private static readonly CodePointMap<byte> FlagMap;

    // differences, so that nearly all pages are the empty one
    private static readonly CodePointMap<int> LowercaseOffset;
    private static readonly CodePointMap<int> DecompositionOffset;

    static CodePoints()
    {
        var flags = new byte[Count];
        var lowercase = new int[Count];
        var decomposition = new int[Count];
        Array.Fill(flags, (byte)CodePointFlags.Unassigned);

        using Stream stream = typeof(CodePoints).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            switch (fields[0])
            {
                case "g":
                    flags.AsSpan(Hex(fields[1])..(Hex(fields[2]) + 1)).Fill((byte)Category(fields[3][0]));
                    break;
                case "w":
                    for (int point = Hex(fields[1]); point <= Hex(fields[2]); point++)
                    {
                        flags[point] |= (byte)CodePointFlags.Whitespace;
                    }
                    break;
                case "l":
                    for (int point = Hex(fields[1]); point <= Hex(fields[2]); point += Hex(fields[3]))
                    {
                        lowercase[point] = Hex(fields[4]) - Hex(fields[1]);
                    }
                    break;
                case "d":
                    for (int point = Hex(fields[1]); point <= Hex(fields[2]); point++)
                    {
                        decomposition[point] = Hex(fields[3]) - point;
                    }
                    break;
            }
        }
        FlagMap = new CodePointMap<byte>(flags);
        LowercaseOffset = new CodePointMap<int>(lowercase);
        DecompositionOffset = new CodePointMap<int>(decomposition);
    }

    /// <summary>What a code point is.</summary>
    public static CodePointFlags Flags(int codePoint) => (CodePointFlags)FlagMap[codePoint];

    /// <summary>The simple lowercase mapping.</summary>
    public static int Lowercase(int codePoint) => codePoint + LowercaseOffset[codePoint];

    /// <summary>The first code point of the canonical decomposition (NFD); tokenizers drop the marks that follow.</summary>
    public static int Decompose(int codePoint) => codePoint + DecompositionOffset[codePoint];

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static CodePointFlags Category(char letter) => letter switch
    {
        'N' => CodePointFlags.Number,
        'L' => CodePointFlags.Letter,
        'Z' => CodePointFlags.Whitespace,
        'M' => CodePointFlags.Mark,
        'P' => CodePointFlags.Punctuation,
        'S' => CodePointFlags.Symbol,
        _ => CodePointFlags.Control,
    };
}
