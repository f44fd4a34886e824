using System.Text;

namespace Engine.Host.Commands;

/// <summary>Text from a file or from standard input.</summary>
internal static class TextFile
{
    /// <summary>Anything larger is not a prompt: the longest contexts hold a few megabytes of text.</summary>
    private const int LargestFile = 64 << 20;

    /// <summary>Reads UTF-8 text.</summary>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="cancellationToken">Cancels the waiting for a pipe.</param>
    /// <param name="option">The option that named the file, for messages.</param>
    /// <param name="keepsMark">Whether a byte order mark is part of the text.</param>
    /// <exception cref="InvalidRequestException">The file cannot be read, is too large, or is not UTF-8.</exception>
    public static async Task<string> ReadAsync(string path, CancellationToken cancellationToken, string option = "--file", bool keepsMark = false)
    {
        string name = path == StandardInput.Name ? "standard input" : $"the text '{path}'";
        if (path == StandardInput.Name && StandardInput.IsClosed())
        {
            throw new InvalidRequestException($"Reading standard input: it is closed. Send the text through a pipe, or name a file with {option}.");
        }
        byte[] bytes;
        try
        {
            using Stream stream = path == StandardInput.Name ? Console.OpenStandardInput() : File.OpenRead(path);
            bytes = await ReadAsync(stream, name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            if (path == StandardInput.Name)
            {
                throw new InvalidRequestException($"Reading standard input: {SystemRefusal.Describe(e)}. Send the text through a pipe, or name a file with {option}.");
            }
            string found = FileFault.Describe(path, $"that {SystemRefusal.Describe(e)}");
            throw new InvalidRequestException($"Reading {name}: expected a readable file, found {found}. Check the path given with {option}.");
        }
        try
        {
            ReadOnlySpan<byte> text = bytes;
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(!keepsMark && text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidRequestException(
                $"Reading {name}: expected UTF-8, found the byte 0x{e.BytesUnknown![0]:X2} at offset {e.Index}. Save the file as UTF-8.");
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, string name, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        byte[] block = new byte[64 << 10];
        while (await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false) is int count and > 0)
        {
            bytes.Write(block, 0, count);
            if (bytes.Length > LargestFile)
            {
                throw new InvalidRequestException($"Reading {name}: expected at most {LargestFile >> 20} MiB, found more. Take a part of it.");
            }
        }
        return bytes.ToArray();
    }
}
