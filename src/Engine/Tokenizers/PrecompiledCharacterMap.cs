using System.Buffers.Binary;
using Engine.Gguf;

namespace Engine.Tokenizers;

/// <summary>
/// SentencePiece's normalization, as stored in a file (<c>tokenizer.ggml.precompiled_charsmap</c>): it maps texts to replacements,
/// the longest match first. Four bytes give the size of an XOR-compressed double array (Kanda 2018), then the array, then
/// the replacements, each with a 0 after it.
/// </summary>
internal sealed class PrecompiledCharacterMap
{
    private const string Key = "tokenizer.ggml.precompiled_charsmap";

    private readonly uint[] _nodes;
    private readonly byte[] _replacements;

    private PrecompiledCharacterMap(uint[] nodes, byte[] replacements) => (_nodes, _replacements) = (nodes, replacements);

    /// <summary>The map of a file; an empty one if the file has none.</summary>
    /// <exception cref="ModelFileException">The map is inconsistent.</exception>
    public static PrecompiledCharacterMap Read(GgufMetadata metadata) => Read(metadata.GetBytes(Key) ?? []);

    /// <summary>Reads a map from its bytes; no bytes give an empty map.</summary>
    /// <exception cref="ModelFileException">The map is inconsistent.</exception>
    public static PrecompiledCharacterMap Read(byte[] blob)
    {
        if (blob.Length == 0)
        {
            return new PrecompiledCharacterMap([], []);
        }
        uint size = blob.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size >= blob.Length - 4)
        {
            throw new ModelFileException($"Reading '{Key}': expected an array that is shorter than the map, found {size:N0} bytes in {blob.Length:N0}. Convert the model again.");
        }
        var nodes = new uint[size / 4];
        for (int node = 0; node < nodes.Length; node++)
        {
            nodes[node] = BinaryPrimitives.ReadUInt32LittleEndian(blob.AsSpan(4 + (4 * node)));
        }
        return new PrecompiledCharacterMap(nodes, blob[(4 + (int)size)..]);
    }

    /// <summary>The replacement of the longest beginning of a text that has one.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <param name="length">How many bytes are replaced; 0 if none are.</param>
    /// <exception cref="ModelFileException">The map points outside itself.</exception>
    public ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        if (_nodes.Length == 0)
        {
            return [];
        }
        uint replacement = 0;
        uint node = Base(Node(0));
        for (int at = 0; at < text.Length && text[at] != 0; at++)
        {
            node ^= text[at];
            uint packed = Node(node);
            if ((packed & 0x8000_00FF) != text[at]) // a label, not a value
            {
                break;
            }
            node ^= Base(packed);
            if ((packed & 0x100) != 0)
            {
                length = at + 1;
                replacement = Node(node) & 0x7FFF_FFFF;
            }
        }
        return length == 0 ? [] : Replacement(replacement);
    }

    /// <summary>Whether a text that begins with this ASCII character, with ASCII or nothing after it, may have a replacement.</summary>
    public bool ReplacesAscii(byte first)
    {
        if (_nodes.Length == 0)
        {
            return false;
        }
        uint node = Base(Node(0)) ^ first;
        uint packed = Node(node);
        if ((packed & 0x8000_00FF) != first)
        {
            return false;
        }
        node ^= Base(packed);
        return (packed & 0x100) != 0
            || Enumerable.Range(1, 0x7F).Any(next => (node ^ next) < _nodes.Length && (Node(node ^ (uint)next) & 0x8000_00FF) == next);
    }

    private ReadOnlySpan<byte> Replacement(uint start)
    {
        int end = start < _replacements.Length ? _replacements.AsSpan((int)start).IndexOf((byte)0) : -1;
        return end < 0 ? throw Broken() : _replacements.AsSpan((int)start, end);
    }

    private uint Node(uint index) => index < _nodes.Length ? _nodes[index] : throw Broken();

    private static uint Base(uint packed) => (packed >> 10) << (int)((packed & 0x200) >> 6);

    private static ModelFileException Broken() =>
        new($"Normalizing a text by '{Key}': expected nodes and replacements within the map, found one outside. Convert the model again.");
}
