using System.Security.Cryptography;
using Engine.Gguf;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Identifies a model file by its content, wherever it is.</summary>
internal static class ContentHash
{
    private const int Block = 1 << 20;

    /// <summary>The size of a model in bytes, all parts of a split one included.</summary>
    public static long Length(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return file.FileBytes;
    }

    /// <summary>SHA-256 of all bytes, in lower-case hexadecimal. Gigabytes take seconds: a terminal may show a bar.</summary>
    public static async Task<string> ComputeAsync(string path, bool showsProgress, CancellationToken cancellationToken)
    {
        using GgufFile file = GgufFile.Open(path);
        using ProgressBar? bar = showsProgress ? new($"Hashing {Path.GetFileName(path)}") : null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[Block];
        long done = 0;
        foreach (string part in file.PartPaths)
        {
            await using FileStream stream = File.OpenRead(part);
            for (int read; (read = await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                hash.AppendData(block, 0, read);
                bar?.Report((float)((done += read) / (double)file.FileBytes));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
