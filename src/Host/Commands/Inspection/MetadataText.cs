using System.Globalization;
using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>Metadata for people: one line per entry, long values truncated; a value has a line of its own where the name leaves no room for it.</summary>
internal static class MetadataText
{
    private const int Least = 24; // columns of a value
    private const int Shown = 4;

    public static IEnumerable<string> Lines(GgufMetadata metadata, int width)
    {
        int widest = metadata.Keys.Where(key => key.Length <= width / 2).Select(key => key.Length).DefaultIfEmpty(0).Max();
        foreach (string key in metadata.Keys)
        {
            string begin = $"  {Printable(key).PadRight(widest)}  ";
            string value = Describe(metadata[key]!);
            if (begin.Length + Math.Min(value.Length, Least) <= width)
            {
                yield return begin + Cut(value, width - begin.Length);
            }
            else
            {
                yield return begin.TrimEnd();
                yield return $"    {Cut(value, width - 4)}";
            }
        }
    }

    private static string Describe(GgufValue value) => value.Value switch
    {
        string text => $"\"{Printable(text)}\"",
        GgufStrings strings => Summary(strings.Take(Shown).Select(text => $"\"{Printable(Cut(text, 16))}\""), strings.Count),
        Array numbers => Summary(numbers.Cast<object>().Take(Shown).Select(Number), numbers.Length),
        { } number => Number(number),
    };

    private static string Summary(IEnumerable<string> first, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} x [{string.Join(", ", first)}{(count > Shown ? ", …" : "")}]");

    private static string Number(object number) => number is bool truth
        ? truth ? "true" : "false"
        : Convert.ToString(number, CultureInfo.InvariantCulture)!;

    /// <summary>Removes what would move the cursor or change a terminal's colours.</summary>
    private static string Printable(string text) => text.Any(char.IsControl)
        ? string.Concat(text.Select(c => c switch { '\n' => "\\n", '\t' => "\\t", _ when char.IsControl(c) => $"\\u{(int)c:x4}", _ => $"{c}" }))
        : text;

    private static string Cut(string text, int width) => text.Length <= width ? text : $"{text.AsSpan(0, width - 1)}…";
}
