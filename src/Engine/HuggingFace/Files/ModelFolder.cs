using System.Text;
using System.Text.Json;
using Engine.LlamaCpp.Quantizer;

namespace Engine.HuggingFace.Files;

/// <summary>A model folder in Hugging Face's layout. Its content may be hostile, so nothing outside it is read.</summary>
internal sealed class ModelFolder
{
    // The largest of real models, a vocabulary of 262,144 tokens with its merges, has 33 MB.
    private const long LargestText = 256L << 20;

    // Hugging Face's cache: models--OWNER--NAME/snapshots/REVISION/FILE is a link to models--OWNER--NAME/blobs/HASH.
    private const string Snapshots = "snapshots", Blobs = "blobs";

    private readonly string _root;
    private readonly string? _blobs;

    private ModelFolder(string path)
    {
        Path = path;
        _root = LinkedPath.Resolve(path);
        string? parent = System.IO.Path.GetDirectoryName(_root);
        _blobs = System.IO.Path.GetFileName(parent) == Snapshots ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(parent)!, Blobs) : null;
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>The model's name if no file gives one: the folder's name, or that of the model in Hugging Face's cache.</summary>
    public string Name => _blobs is null
        ? System.IO.Path.GetFileName(_root)
        : System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(_blobs)!).Split("--")[^1];

    /// <summary>Opens a folder.</summary>
    /// <exception cref="ModelFileException">There is no such folder.</exception>
    public static ModelFolder Open(string path) => Directory.Exists(path)
        ? new ModelFolder(path)
        : throw new ModelFileException($"Importing '{path}': expected a folder with config.json and model.safetensors, found {(File.Exists(path) ? "a file" : "nothing")}. Give the folder as Hugging Face hands it out.");

    /// <summary>The path of a file in the folder; null if there is none.</summary>
    /// <param name="name">The name, with slashes for subfolders. A name that comes from a file must have passed <see cref="RequirePlain"/>.</param>
    /// <exception cref="ModelFileException">It is a link that leaves the folder, or not a regular file.</exception>
    public string? Find(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        if (!File.Exists(path))
        {
            return null;
        }
        string target = LinkedPath.Resolve(path);
        if (!IsIn(target, _root) && (_blobs is null || !IsIn(target, _blobs)))
        {
            throw new ModelFileException($"Importing '{name}' of {Path}: expected a file in the folder, found a link to '{target}', outside it. Copy the file there if it belongs to the model.");
        }
        return FileIdentity.Of(target) is { IsRegular: true } ? path : throw new ModelFileException($"Importing '{name}' of {Path}: expected a file, found a device or a pipe.");
    }

    /// <summary>The text of a file; null if there is none.</summary>
    /// <exception cref="ModelFileException">It cannot be read, or is larger than that of any real model.</exception>
    public string? ReadText(string name) => ReadBytes(name) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>The bytes of a small file; null if there is none.</summary>
    /// <exception cref="ModelFileException">It cannot be read, or is larger than that of any real model.</exception>
    public byte[]? ReadBytes(string name)
    {
        if (Find(name) is not { } path)
        {
            return null;
        }
        long length = new FileInfo(LinkedPath.Resolve(path)).Length;
        if (length > LargestText)
        {
            throw new ModelFileException($"Importing '{name}' of {Path}: expected at most {LargestText:N0} bytes, found {length:N0}.");
        }
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"Importing '{name}' of {Path}: expected a file that can be read, found: {e.Message}", e);
        }
    }

    /// <summary>A JSON file; null if there is none.</summary>
    /// <exception cref="ModelFileException">It is not JSON.</exception>
    public JsonDocument? ReadJson(string name)
    {
        if (ReadBytes(name) is not { } bytes)
        {
            return null;
        }
        try
        {
            return StrictJson.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
        }
        catch (JsonException e)
        {
            throw new ModelFileException($"Importing '{name}' of {Path}: expected JSON, found: {e.Message} Download the file again.", e);
        }
    }

    /// <summary>Checks a name by which a file refers to another one beside it.</summary>
    /// <exception cref="ModelFileException">It is a path, not a plain name.</exception>
    public string RequirePlain(string name, string saidBy) =>
        name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', '\0']) < 0 ? name
            : throw new ModelFileException($"Importing '{Path}': expected names of files in the folder in '{saidBy}', found '{name}'.");

    private static bool IsIn(string path, string folder) => path.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
