using System.Globalization;
using System.Text;

namespace Engine.Gguf.Preflight;

/// <summary>Checks what a tokenizer assumes: that tokens are distinct and special tokens exist.
/// A SentencePiece vocabulary without a token for every byte is harmless until a text needs one, which the tokenizer checks.</summary>
internal static class VocabularyFacts
{
    private const int ByteType = 6;

    // llama-vocab.cpp: the byte-level vocabularies that begin with BOS by default.
    private static readonly string[] BosAdders =
        ["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "tekken", "chameleon"];

    // llama-vocab.cpp: the tokens it requires of a model with Phi-3 in its name.
    private static readonly string[] Phi3Tokens = ["</s>", "<unk>", "<s>", "<|endoftext|>"];

    public static void Check(GgufFile file)
    {
        if (file.Metadata.GetStrings(GgufKeys.Tokens) is not { } tokens)
        {
            return;
        }
        CheckWidth(file, GgufKeys.Scores, GgufValueType.Float32, GgufValueType.Int32);
        CheckWidth(file, GgufKeys.TokenTypes, GgufValueType.Int32, GgufValueType.UInt32);
        HashSet<string> texts = CheckUnique(file, tokens);
        CheckName(file, texts);
        switch (file.Metadata.GetString(GgufKeys.TokenizerModel))
        {
            case "llama":
                CheckSpecial(file, tokens.Count, GgufKeys.UnknownToken, 0);
                CheckAdded(file, tokens.Count, GgufKeys.AddBos, true, GgufKeys.BosToken, 1);
                CheckAdded(file, tokens.Count, GgufKeys.AddEos, false, GgufKeys.EosToken, 2);
                break;
            case "bert":
                CheckSpecial(file, tokens.Count, GgufKeys.BosToken, 101);
                CheckSpecial(file, tokens.Count, GgufKeys.SeparatorToken, 102);
                CheckSpecial(file, tokens.Count, GgufKeys.UnknownToken, 100);
                CheckNoByteTokens(file);
                break;
            case "t5":
                CheckSpecial(file, tokens.Count, GgufKeys.UnknownToken, 2);
                CheckAdded(file, tokens.Count, GgufKeys.AddBos, false, GgufKeys.BosToken, null);
                CheckAdded(file, tokens.Count, GgufKeys.AddEos, true, GgufKeys.EosToken, 1);
                CharacterMapFacts.Check(file);
                break;
            case "gpt2":
                string splitter = file.Metadata.GetString(GgufKeys.TokenizerPre) ?? "";
                CheckAdded(file, tokens.Count, GgufKeys.AddBos, BosAdders.Contains(splitter), GgufKeys.BosToken, splitter is "glm4" or "chatglm-bpe" ? null : 11);
                CheckAdded(file, tokens.Count, GgufKeys.AddEos, false, GgufKeys.EosToken, 11);
                break;
            case "gemma4":
                CheckSpecial(file, tokens.Count, GgufKeys.BosToken, null);
                break;
            case "rwkv":
                CheckEscapedBytes(file, texts);
                break;
            default:
                break;
        }
    }

    /// <summary>Checks the width of an array's elements. The llama.cpp of LLamaSharp 0.30.0 counts the elements and assumes four bytes for each, whatever the file says.</summary>
    private static void CheckWidth(GgufFile file, string key, params ReadOnlySpan<GgufValueType> types)
    {
        if (file.Metadata[key] is { } value && !(value.ElementType is { } type && types.Contains(type)))
        {
            throw file.Metadata.Refuse(key, $"an array of {types[0]} or {types[1]}", value.ElementType is { } other ? $"one of {other}" : $"a value of type {value.Type}",
                "Some versions of llama.cpp refuse this, others would read beyond it: convert the model again.");
        }
    }

    private static HashSet<string> CheckUnique(GgufFile file, GgufStrings tokens)
    {
        var seen = new HashSet<string>(tokens.Count, StringComparer.Ordinal);
        for (int i = 0; i < tokens.Count; i++)
        {
            // llama.cpp reads a token up to its first NUL and gives an empty one this name. Latin-1 keeps bytes that are not UTF-8 distinct
            ReadOnlySpan<byte> bytes = tokens.Bytes(i);
            string text = Encoding.Latin1.GetString(bytes[..(bytes.IndexOf((byte)0) is >= 0 and var end ? end : bytes.Length)]);
            if (!seen.Add(text.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"[EMPTY_{i}]") : text))
            {
                throw file.Metadata.Refuse(GgufKeys.Tokens, "each token once", $"'{tokens[i]}' again as token {i}", Hyperparameters.Ends);
            }
        }
        return seen;
    }

    /// <summary>Checks the model's name. llama.cpp looks at it whatever the architecture is, and fails with "_Map_base::at" if a token is missing.</summary>
    private static void CheckName(GgufFile file, HashSet<string> texts)
    {
        string name = file.Metadata.GetString(GgufKeys.Name) ?? "";
        if ((name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase))
            && Array.Find(Phi3Tokens, token => !texts.Contains(token)) is { } missing)
        {
            throw file.Metadata.Refuse(GgufKeys.Name, $"a name without 'phi3', because the vocabulary has no {missing}", $"'{name}'",
                "llama.cpp treats every model with such a name as a Phi-3: give this one another name.");
        }
    }

    /// <summary>Checks RWKV's tokens, which are escaped. llama.cpp would search forever for a byte that no token begins with.</summary>
    private static void CheckEscapedBytes(GgufFile file, HashSet<string> texts)
    {
        for (int value = 0; value < 256; value++)
        {
            string escaped = string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            string plain = value switch { '\t' => "\\t", '\n' => "\\n", '\r' => "\\r", '\\' => "\\\\", '\'' => "\\'", _ => ((char)value).ToString() };
            if (!texts.Contains(plain) && !texts.Contains(escaped) && !texts.Contains(((char)value).ToString()))
            {
                throw file.Metadata.Refuse(GgufKeys.Tokens, "a token for every byte", $"none for '{escaped}'", "llama.cpp would look for one without end: convert the model again.");
            }
        }
    }

    /// <summary>Checks a special token's id. If the file's id is absent or beyond the vocabulary, llama.cpp uses its default.</summary>
    private static void CheckSpecial(GgufFile file, int count, string key, int? standard)
    {
        uint? id = file.Metadata.GetUInt32(key);
        if (!(id < count || standard < count))
        {
            throw file.Metadata.Refuse(
                key, $"a token from 0 to {count - 1}", id?.ToString(CultureInfo.InvariantCulture) ?? "nothing",
                key == GgufKeys.UnknownToken ? "A text that the vocabulary cannot spell would have no token: convert the model again." : Hyperparameters.Ends);
        }
    }

    private static void CheckAdded(GgufFile file, int count, string addKey, bool addStandard, string key, int? standard)
    {
        if (file.Metadata.GetBool(addKey) ?? addStandard)
        {
            CheckSpecial(file, count, key, standard);
        }
    }

    private static void CheckNoByteTokens(GgufFile file)
    {
        if (file.Metadata.GetInt32s(GgufKeys.TokenTypes) is { } types && types.Contains(ByteType))
        {
            throw file.Metadata.Refuse(GgufKeys.TokenTypes, "no byte tokens in a WordPiece vocabulary", "some", Hyperparameters.Ends);
        }
    }
}
