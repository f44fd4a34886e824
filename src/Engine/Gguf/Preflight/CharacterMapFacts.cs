using System.Runtime.InteropServices;

namespace Engine.Gguf.Preflight;

/// <summary>Checks the precompiled character map of a Unigram vocabulary. It is a trie that rewrites characters, and llama.cpp walks it without
/// bounds checks when text is tokenized, so every path through it is checked here first.</summary>
/// <remarks>Layout (SentencePiece, Darts double array): u32 length of the trie in bytes, the trie of u32 units, then
/// replacements that each end in NUL. A unit has its label in bits 0–7, "has a value" in bit 8, the offset of its
/// children in bits 10–30 (times 256 where bit 9 is set); a value has bit 31 set.</remarks>
internal static class CharacterMapFacts
{
    private const string Key = "tokenizer.ggml.precompiled_charsmap";

    public static void Check(GgufFile file)
    {
        if (file.Metadata[Key] is not { ElementType: GgufValueType.UInt8 or GgufValueType.Int8 })
        {
            return; // absent; another type is refused by llama.cpp itself
        }
        byte[] map = file.Metadata.GetBytes(Key)!;
        if (map.Length < sizeof(uint))
        {
            return;
        }
        uint length = MemoryMarshal.Read<uint>(map);
        if (length >= map.Length - sizeof(uint))
        {
            return; // refused by llama.cpp itself
        }
        ReadOnlySpan<uint> trie = MemoryMarshal.Cast<byte, uint>(map.AsSpan(sizeof(uint), (int)length));
        if (trie.Length > 0 && !EveryPathEnds(trie, map.AsSpan(sizeof(uint) + (int)length)))
        {
            throw file.Metadata.Refuse(Key, "a trie whose paths stay inside it", "one that leads out of it", "llama.cpp would end the process over a text that takes it: convert the model again.");
        }
    }

    private static bool EveryPathEnds(ReadOnlySpan<uint> trie, ReadOnlySpan<byte> replacements)
    {
        var seen = new bool[trie.Length];
        var open = new Stack<uint>([Children(trie[0])]);
        int lastEnd = replacements.LastIndexOf((byte)0);
        while (open.TryPop(out uint parent))
        {
            for (uint label = 1; label < 256; label++)
            {
                uint node = parent ^ label;
                if (node >= trie.Length)
                {
                    return false;
                }
                if ((trie[(int)node] & 0x8000_00FF) != label || seen[node])
                {
                    continue;
                }
                seen[node] = true;
                uint children = node ^ Children(trie[(int)node]);
                bool hasValue = (trie[(int)node] >> 8 & 1) != 0;
                if (hasValue && (children >= trie.Length || (trie[(int)children] & 0x7FFF_FFFF) > lastEnd))
                {
                    return false;
                }
                open.Push(children);
            }
        }
        return true;
    }

    private static uint Children(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
