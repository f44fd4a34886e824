using Engine;
using Engine.Gguf;

namespace ReferenceModels.Models;

/// <summary>The numbers of one architecture, whose keys begin with its name.</summary>
/// <param name="metadata">A file's.</param>
/// <param name="architecture">Such as <c>gpt2</c>.</param>
internal sealed class ConfigReader(GgufMetadata metadata, string architecture)
{
    /// <summary>A number of at least 1.</summary>
    /// <exception cref="ModelFileException">It is absent or less.</exception>
    public int Positive(string name) => Positive(name, metadata.RequireUInt32(Key(name)));

    /// <summary>As <see cref="Positive(string)"/>, with what stands for an absent one.</summary>
    public int Positive(string name, int absent) => metadata.GetUInt32(Key(name)) is uint given ? Positive(name, given) : absent;

    /// <summary>A number that need not be whole.</summary>
    /// <exception cref="ModelFileException">It is absent.</exception>
    public float Float(string name) => metadata.RequireFloat32(Key(name));

    /// <summary>Query heads H and key/value heads G of d / H columns each.</summary>
    /// <exception cref="ModelFileException">They do not share out the width d.</exception>
    public (int H, int G) Heads(int d)
    {
        int H = Positive("attention.head_count");
        int G = Positive("attention.head_count_kv", H);
        if (d % H != 0)
        {
            throw Refuse("attention.head_count", $"a divisor of embedding_length {d}", H);
        }
        if (H % G != 0)
        {
            throw Refuse("attention.head_count_kv", $"a divisor of head_count {H}", G);
        }
        foreach (string name in (string[])["attention.key_length", "attention.value_length"])
        {
            int length = Positive(name, d / H);
            if (length != d / H)
            {
                throw Refuse(name, $"{d / H}, embedding_length {d} shared by {H} heads", length);
            }
        }
        return (H, G);
    }

    private string Key(string name) => $"{architecture}.{name}";

    private int Positive(string name, uint value) => value is > 0 and <= int.MaxValue
        ? (int)value : throw Refuse(name, $"a number from 1 to {int.MaxValue}", value);

    private ModelFileException Refuse(string name, string expected, long found) =>
        new($"Reading metadata '{Key(name)}': expected {expected}, found {found}. Convert the model again.");
}
