using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Made-up vocabularies whose ids betray every border between words, whatever the characters.</summary>
internal static class ByteVocabulary
{
    // Blanks, letters, digits, signs, and the bytes of many-byte characters of every class
    private static readonly byte[] Busy =
    [
        .. "abstremdlvzAZSTBRE0159 \n\r\t'.,!?$+<=>^~|`/-_()[]\"#%&*:;@\\{}\v\f\0"u8,
        0xC3, 0xC2, 0xA0, 0x85, 0x89, 0xA9, 0xE2, 0x80, 0x81, 0xE4, 0xBD, 0xCC, 0xD9, 0xA1, 0xF0, 0x9F, 0x98, 0xB8, 0xE3, 0xEF, 0xBC, 0x93, 0xB5,
    ];

    /// <summary>A byte-level BPE vocabulary that merges any two busy bytes, in an order of chance, and some pairs of pairs.</summary>
    public static void WriteByteLevel(string path, string preTokenizer, int seed)
    {
        var random = new Random(seed);
        (byte Left, byte Right)[] pairs = [.. Busy.SelectMany(left => Busy.Select(right => (left, right)))];
        random.Shuffle(pairs);
        List<string> merges = [.. pairs.Select(pair => $"{Spell(pair.Left)} {Spell(pair.Right)}")];
        for (int i = 0; i < 10_000; i++)
        {
            merges.Add($"{Spell(pairs[random.Next(pairs.Length)])} {Spell(pairs[random.Next(pairs.Length)])}");
        }
        WriteByteLevel(path, preTokenizer, merges);
    }

    /// <summary>A byte-level BPE vocabulary that merges each of three characters with any byte before or after it.</summary>
    public static void WriteProbing(string path, string preTokenizer)
    {
        var merges = new List<string>();
        foreach (byte probe in "a1!"u8.ToArray())
        {
            for (int value = 0; value < 256; value++)
            {
                merges.Add($"{Spell(probe)} {Spell((byte)value)}");
                merges.Add($"{Spell((byte)value)} {Spell(probe)}");
            }
        }
        WriteByteLevel(path, preTokenizer, merges);
    }

    /// <summary>A WordPiece vocabulary of a word's beginning and the single bytes: its ids spell out what text became.</summary>
    public static void WriteWordPiece(string path)
    {
        byte[][] tokens = ["▁"u8.ToArray(), .. Enumerable.Range(1, 255).Select(value => new[] { (byte)value }), "[UNK]"u8.ToArray()];
        GgufWriter writer = Head("bert", tokens, "bert");
        writer.SetMetadata("tokenizer.ggml.token_type_count", 2u);
        writer.SetMetadata("bert.attention.layer_norm_epsilon", 1e-5f);
        foreach (string id in (string[])["bos", "seperator", "unknown"])
        {
            writer.SetMetadata($"tokenizer.ggml.{id}_token_id", 256u);
        }
        writer.Write(path);
    }

    private static void WriteByteLevel(string path, string preTokenizer, IReadOnlyList<string> merges)
    {
        string[] tokens = [.. Enumerable.Range(0, 256).Select(value => Spell((byte)value)), .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))];
        GgufWriter writer = Head("gpt2", [.. tokens.Distinct(StringComparer.Ordinal).Select(System.Text.Encoding.UTF8.GetBytes)], "llama");
        writer.SetMetadata("tokenizer.ggml.pre", preTokenizer);
        writer.SetMetadata("tokenizer.ggml.merges", [.. merges.Distinct(StringComparer.Ordinal)]);
        writer.SetMetadata("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.Write(path);
    }

    private static GgufWriter Head(string model, IReadOnlyList<byte[]> tokens, string architecture)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", architecture);
        foreach ((string key, uint value) in (ReadOnlySpan<(string, uint)>)[("context_length", 64), ("embedding_length", 64), ("block_count", 1), ("feed_forward_length", 64), ("attention.head_count", 2)])
        {
            writer.SetMetadata($"{architecture}.{key}", value);
        }
        writer.SetMetadata("tokenizer.ggml.model", model);
        writer.SetMetadata("tokenizer.ggml.tokens", GgufValue.FromStrings(GgufStrings.From(tokens)));
        return writer;
    }

    private static string Spell(byte value) => ByteAlphabet.Character(value).ToString();

    private static string Spell((byte Left, byte Right) pair) => Spell(pair.Left) + Spell(pair.Right);
}
