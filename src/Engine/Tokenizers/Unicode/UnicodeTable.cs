using System.Globalization;

namespace Engine.Tokenizers.Unicode;

/// <summary>The file of Unicode's properties beside this one, which <c>generate.py</c> writes and explains.</summary>
internal static class UnicodeTable
{
    private const string Resource = "Engine.Tokenizers.Unicode.unicode-15.1.0.txt";

    /// <summary>The fields of the lines that begin with one of some letters.</summary>
    public static IEnumerable<string[]> Lines(string letters)
    {
        using Stream stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (letters.Contains(line[0], StringComparison.Ordinal))
            {
                yield return line.Split(' ');
            }
        }
    }

    /// <summary>A code point as the file writes it.</summary>
    public static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
