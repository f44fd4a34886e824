using System.Security.Cryptography;
using Engine.Gguf;

namespace Engine.BuiltIn;

/// <summary>
/// The model of a fresh clone: a small LLaMA made on first use, the same bytes on every machine. It is not trained; it
/// speaks grammatical nonsense. Its purpose is that every path of the engine runs before anything is downloaded.
/// </summary>
internal static class DefaultModel
{
    /// <summary>SHA-256 of the file in lower-case hexadecimal. A change of the model is a change of this line.</summary>
    public const string Hash = "8054b3b52ff1e9f83b048069951a9ce445217fa4fa3b4e3bec49801068cc806b";

    /// <summary>Name of the file; with the hash in it, so that two versions of the engine do not fight over one.</summary>
    public static string FileName => $"default-llama-{Hash[..8]}.gguf";

    /// <summary>Path of the file, which is made where it is missing or damaged.</summary>
    /// <remarks>Kept in artifacts/models of a checkout, else in the user's folder for local application data, else in the
    /// temporary folder: the first of them that can be written to. Several processes may call this at once.</remarks>
    /// <exception cref="ModelFileException">None of the folders can be written to.</exception>
    public static string Ensure() => Ensure(Folders());

    internal static string Ensure(IEnumerable<string> folders)
    {
        var failures = new List<string>();
        foreach (string folder in folders)
        {
            string path = Path.Combine(folder, FileName);
            try
            {
                if (!IsIntact(path))
                {
                    Directory.CreateDirectory(folder);
                    Compose().Write(path);
                }
                return path;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                failures.Add($"{folder} ({exception.Message})");
            }
        }
        throw new ModelFileException(
            $"Making the default model: expected a folder that can be written to, found none in {string.Join(", ", failures)}. Give a model of your own with --model PATH.");
    }

    /// <summary>The whole model.</summary>
    internal static GgufWriter Compose()
    {
        var vocabulary = new DefaultVocabulary();
        var writer = new GgufWriter();
        writer.SetMetadata(GgufKeys.Architecture, "llama");
        writer.SetMetadata(GgufKeys.Name, "Default: untrained, made by the engine itself");
        writer.SetMetadata(GgufKeys.FileType, 0u);
        writer.SetMetadata("llama.context_length", 2048u);
        writer.SetMetadata("llama.embedding_length", (uint)DefaultWeights.Embedding);
        writer.SetMetadata("llama.block_count", (uint)DefaultWeights.Layers);
        writer.SetMetadata("llama.feed_forward_length", (uint)DefaultWeights.FeedForward);
        writer.SetMetadata("llama.attention.head_count", (uint)DefaultWeights.Heads);
        writer.SetMetadata("llama.attention.head_count_kv", (uint)DefaultWeights.KeyValueHeads);
        writer.SetMetadata("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.SetMetadata("llama.rope.dimension_count", (uint)(DefaultWeights.Embedding / DefaultWeights.Heads));
        writer.SetMetadata("llama.rope.freq_base", 10_000f);
        writer.SetMetadata("llama.vocab_size", (uint)vocabulary.Tokens.Count);
        writer.SetMetadata(GgufKeys.TokenizerModel, "llama");
        writer.SetMetadata(GgufKeys.TokenizerPre, "default");
        writer.SetMetadata(GgufKeys.Tokens, vocabulary.Tokens);
        writer.SetMetadata(GgufKeys.Scores, vocabulary.Scores);
        writer.SetMetadata(GgufKeys.TokenTypes, vocabulary.Types.ToArray());
        writer.SetMetadata(GgufKeys.UnknownToken, 0u);
        writer.SetMetadata(GgufKeys.BosToken, 1u);
        writer.SetMetadata(GgufKeys.EosToken, 2u);
        writer.SetMetadata(GgufKeys.AddBos, true);
        new DefaultWeights(vocabulary).AddTo(writer);
        return writer;
    }

    private static bool IsIntact(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == Hash;
    }

    private static IEnumerable<string> Folders()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
            {
                yield return Path.Combine(folder.FullName, "artifacts", "models");
                break;
            }
        }
        string user = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        if (user.Length > 0)
        {
            yield return Path.Combine(user, "engine", "models");
        }
        yield return Path.Combine(Path.GetTempPath(), "engine-models");
    }
}
