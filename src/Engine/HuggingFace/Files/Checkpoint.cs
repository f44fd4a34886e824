using System.Text.Json;

namespace Engine.HuggingFace.Files;

/// <summary>The weights of a folder: one safetensors file, or several with an index that says which file has which tensor.</summary>
internal sealed class Checkpoint : IDisposable
{
    private const string Whole = "model.safetensors", Index = "model.safetensors.index.json";
    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl"];

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);

    private Checkpoint()
    {
    }

    /// <summary>The tensors, by Hugging Face's names.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="ModelFileException">There are none, or they are inconsistent.</exception>
    public static Checkpoint Open(ModelFolder folder)
    {
        var checkpoint = new Checkpoint();
        try
        {
            if (folder.Find(Whole) is { } path)
            {
                checkpoint.Add(path, null);
            }
            else if (folder.ReadJson(Index) is { } index)
            {
                using (index)
                {
                    checkpoint.AddShards(folder, index);
                }
            }
            else
            {
                throw Missing(folder);
            }
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void AddShards(ModelFolder folder, JsonDocument index)
    {
        if (index.RootElement.ValueKind != JsonValueKind.Object || !index.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFileException($"Reading {Index}: expected an object 'weight_map' of names and files, found none. Download the file again.");
        }
        var shards = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string file = folder.RequirePlain(entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "", Index);
            shards.TryAdd(file, new HashSet<string>(StringComparer.Ordinal));
            shards[file].Add(entry.Name);
        }
        foreach ((string file, HashSet<string> names) in shards)
        {
            Add(folder.Find(file) ?? throw new ModelFileException($"Reading {Index}: expected '{file}' in the folder, found none. Download the missing part."), names);
        }
    }

    private void Add(string path, HashSet<string>? expected)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            if (expected is not null && !expected.Remove(tensor.Name))
            {
                throw new ModelFileException($"Reading {file.Name}: expected the tensors that {Index} says are in it, found '{tensor.Name}' besides. Download both again.");
            }
            _tensors.Add(tensor.Name, tensor); // the index is a map, so a name has only one file
        }
        if (expected is { Count: > 0 })
        {
            throw new ModelFileException($"Reading {Index}: expected '{expected.Order(StringComparer.Ordinal).First()}' in {file.Name}, which has no such tensor. Download both again.");
        }
    }

    private static ModelFileException Missing(ModelFolder folder)
    {
        string? pickle = Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .FirstOrDefault(name => Pickles.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));
        return new(pickle is null
            ? $"Importing '{folder.Path}': expected {Whole} or {Index}, found neither. Download the weights of the model into the folder."
            : $"Importing '{folder.Path}': expected {Whole}, found '{pickle}', a pickle. Loading a pickle runs any code its author put into it, so it is never loaded here. Download the model as safetensors, or convert it if you trust it (transformers: model.save_pretrained(folder)).");
    }
}
