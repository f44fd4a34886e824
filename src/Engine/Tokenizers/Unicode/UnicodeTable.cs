using System.Globalization;

namespace Engine.Tokenizers.Unicode;

/// <summary>The files of properties beside this one; what writes each of them explains it: <c>generate.py</c> Unicode's,
/// <c>generate-bert.js</c> those that BERT's normalization has in Hugging Face's tokenizers.</summary>
internal static class UnicodeTable
{
    /// <summary>Unicode's.</summary>
    private const string Unicode = "unicode-15.1.0.txt";

    /// <summary>BERT's.</summary>
    public const string Bert = "bert-0.22.2.txt";

    /// <summary>The fields of the lines that begin with one of some letters.</summary>
    public static IEnumerable<string[]> Lines(string letters, string file = Unicode)
    {
        using Stream stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream(typeof(UnicodeTable), file)!;
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
