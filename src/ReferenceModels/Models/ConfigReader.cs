using Engine;
using Engine.Gguf;

namespace ReferenceModels.Models;

/// <summary>Reads the numbers of one architecture, whose keys begin with its name.</summary>
/// <param name="metadata">The file's metadata.</param>
/// <param name="architecture">Such as <c>gpt2</c>.</param>
internal sealed class ConfigReader(GgufMetadata metadata, string architecture)
{
    /// <summary>A number of at least 1.</summary>
    /// <exception cref="ModelFileException">It is absent or less than 1.</exception>
    public int Positive(string name) => Positive(name, metadata.RequireUInt32(Key(name)));

    /// <summary>As <see cref="Positive(string)"/>, with a default for an absent key.</summary>
    public int Positive(string name, int absent) => metadata.GetUInt32(Key(name)) is uint given ? Positive(name, given) : absent;

    /// <summary>A number that may be 0, with a default for an absent key.</summary>
    public int Number(string name, int absent) => metadata.GetUInt32(Key(name)) switch
    {
        null => absent,
        0 => 0,
        uint given => Positive(name, given),
    };

    /// <summary>A number that llama.cpp also accepts once per layer; here all layers must have the same.</summary>
    /// <param name="name">The key without the architecture.</param>
    /// <param name="layers">The file's block_count.</param>
    /// <param name="absent">The default for an absent key; null if the key is required.</param>
    /// <exception cref="ModelFileException">The number is absent or less than 1, or the layers differ.</exception>
    public int PerLayer(string name, int layers, int? absent = null)
    {
        if (metadata[Key(name)]?.ElementType is null)
        {
            return absent is { } number ? Positive(name, number) : Positive(name);
        }
        IReadOnlyList<int> numbers = metadata.GetInt32s(Key(name))!;
        if (numbers.Count != layers)
        {
            throw Refuse(name, $"a number for each of the {layers} layers", $"{numbers.Count} numbers");
        }
        int first = numbers[0];
        int other = numbers.FirstOrDefault(number => number != first, first);
        return first < 1 ? throw Refuse(name, $"a number from 1 to {int.MaxValue}", $"{first}")
            : other == first ? first : throw Refuse(name, $"the {first} of the first layer in every layer", $"{other}");
    }

    /// <summary>A number that need not be an integer.</summary>
    /// <exception cref="ModelFileException">It is absent.</exception>
    public float Float(string name) => metadata.RequireFloat32(Key(name));

    /// <summary>As <see cref="Float(string)"/>, with a default for an absent key.</summary>
    public float Float(string name, float absent) => metadata.GetFloat32(Key(name)) ?? absent;

    /// <summary>Query heads H and key/value heads G of d / H columns each.</summary>
    /// <exception cref="ModelFileException">They do not divide the width d, or they differ between layers.</exception>
    public (int H, int G) Heads(int d, int layers)
    {
        int H = PerLayer("attention.head_count", layers);
        int G = PerLayer("attention.head_count_kv", layers, H);
        if (d % H != 0)
        {
            throw Refuse("attention.head_count", $"a divisor of embedding_length {d}", $"{H}");
        }
        if (H % G != 0)
        {
            throw Refuse("attention.head_count_kv", $"a divisor of head_count {H}", $"{G}");
        }
        foreach (string name in (string[])["attention.key_length", "attention.value_length"])
        {
            int length = Positive(name, d / H);
            if (length != d / H)
            {
                throw Refuse(name, $"{d / H}, embedding_length {d} divided by {H} heads", $"{length}");
            }
        }
        return (H, G);
    }

    private string Key(string name) => $"{architecture}.{name}";

    private int Positive(string name, uint value) => value is > 0 and <= int.MaxValue
        ? (int)value : throw Refuse(name, $"a number from 1 to {int.MaxValue}", $"{value}");

    /// <summary>The exception for a number that is refused.</summary>
    public ModelFileException Refuse(string name, string expected, string found) =>
        new($"Reading metadata '{Key(name)}': expected {expected}, found {found}. Convert the model again.");
}
