using System.Text;
using Engine;

namespace ReferenceModels.Training.Data;

/// <summary>Reads the records of a data file: a plain text, or JSON lines if its name ends in <c>.jsonl</c> or <c>.json</c>.</summary>
/// <remarks>A plain text consists of documents separated by lines that equal <see cref="Separator"/>; a file without such a line is one
/// document. Line ends are kept as in the file; the one before a separator is not part of the document.</remarks>
public sealed class RecordFile
{
    /// <summary>The line between two documents of a plain text, as in GPT-2 and TinyStories.</summary>
    public string Separator { get; init; } = "<|endoftext|>";

    /// <summary>Reads all records.</summary>
    /// <exception cref="InvalidRequestException">The file cannot be read, has no records, or has an invalid one, whose line is given.</exception>
    public IReadOnlyList<Record> Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string text = Decode(path, ReadBytes(path));
        List<Record> records = [.. IsJsonLines(path) ? JsonLines.Read(path, text) : Documents(text)];
        return records.Count > 0 ? records : throw new InvalidRequestException(
            $"Reading the data '{path}': expected text, found nothing but blanks. Give a file with something to learn from.");
    }

    /// <summary>Whether a file has a record on each line, by its name.</summary>
    internal static bool IsJsonLines(string path) => Path.GetExtension(path) is ".jsonl" or ".json";

    private IEnumerable<Record> Documents(string text)
    {
        int line = 1, first = 1, start = 0;
        for (int at = 0; at <= text.Length; line++)
        {
            int end = text.IndexOf('\n', at) is >= 0 and int found ? found : text.Length;
            if (text.AsSpan(at, end - at).TrimEnd('\r').SequenceEqual(Separator))
            {
                if (Document(text, start, at, first) is { } document)
                {
                    yield return document;
                }
                (start, first) = (Math.Min(end + 1, text.Length), line + 1);
            }
            at = end + 1;
        }
        if (Document(text, start, text.Length, first) is { } last)
        {
            yield return last;
        }
    }

    private static Record? Document(string text, int start, int end, int line)
    {
        ReadOnlySpan<char> document = text.AsSpan(start, end - start);
        if (end < text.Length && document.EndsWith("\n"))
        {
            document = document[..^1];
            document = document.EndsWith("\r") ? document[..^1] : document;
        }
        return document.IsWhiteSpace() ? null : new Record { Line = line, Text = document.ToString() };
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string found = FileFault.Describe(path, e.Message.TrimEnd('.'));
            throw new InvalidRequestException($"Reading the data '{path}': expected a readable file of text or JSON lines, found {found}. Check the path.");
        }
    }

    private static string Decode(string path, byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes;
        text = text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + text[..e.Index].Count((byte)'\n');
            throw new InvalidRequestException(
                $"Reading the data '{path}': expected UTF-8, found the byte 0x{e.BytesUnknown![0]:X2} in line {line}. Save the file as UTF-8.");
        }
    }
}
