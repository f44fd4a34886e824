using System.Globalization;

namespace Engine.Tokenizers.Unicode;

/// <summary>Reads the files of properties beside this one. Each is explained by the script that writes it: <c>generate.py</c> writes Unicode's,
/// <c>generate-bert.js</c> those of BERT's normalization in Hugging Face's tokenizers.</summary>
internal static class UnicodeTable
{
    /// <summary>Unicode's properties.</summary>
    private const string Unicode = "unicode-15.1.0.txt";

    /// <summary>The properties of BERT's normalization.</summary>
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
