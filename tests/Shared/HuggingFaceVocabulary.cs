using System.Text.Json;
using Engine.Gguf;

namespace Tests.Shared;

/// <summary>A vocabulary-only GGUF from a <c>tokenizer.json</c> of Hugging Face's: what llama.cpp's converter writes for it.</summary>
internal static class HuggingFaceVocabulary
{
    private enum Kind
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    // llama.cpp's names of the regular expressions that cut a text into words, by a piece that no other has
    private static readonly (string Piece, string Name)[] Words =
    [
        (@"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*", "llama-bpe"),
        (@"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*", "qwen2"),
        (@"[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:", "gpt-4o"),
        (@"[A-Za-z]+|[^" + "\r\n" + @"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+", "deepseek-v3"),
    ];

    /// <summary>Writes a GGUF that holds the vocabulary alone.</summary>
    public static void Write(string tokenizerJson, string path)
    {
        var writer = new GgufWriter();
        Set(writer, tokenizerJson);
        writer.Write(path);
    }

    /// <summary>Sets the metadata of the vocabulary, and a shape that stands for the model's until it is set again.</summary>
    public static void Set(GgufWriter writer, string tokenizerJson)
    {
        using FileStream stream = File.OpenRead(tokenizerJson);
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement file = document.RootElement;
        JsonElement model = file.GetProperty("model");
        string kind = model.GetProperty("type").GetString()!;
        switch (kind)
        {
            case "BPE" when model.GetProperty("byte_fallback").GetBoolean(): WriteSentencePiece(writer, file, model); break;
            case "BPE": WriteByteLevel(writer, file, model); break;
            case "WordPiece": WriteWordPiece(writer, file, model); break;
            default: throw new NotSupportedException($"Converting {tokenizerJson}: expected BPE or WordPiece, found {kind}.");
        }
    }

    private static void WriteByteLevel(GgufWriter writer, JsonElement file, JsonElement model)
    {
        (string[] tokens, int[] kinds) = Tokens(file, model);
        Head(writer, "llama", "gpt2", tokens, kinds);
        string[] patterns = [.. Patterns(file.GetProperty("pre_tokenizer"))];
        writer.SetMetadata("tokenizer.ggml.pre", Words.First(words => patterns.Any(pattern => pattern.Contains(words.Piece, StringComparison.Ordinal))).Name);
        writer.SetMetadata("tokenizer.ggml.merges", [.. Merges(model).Select(merge => $"{merge.Left} {merge.Right}")]);
        Around(writer, file, ["bos", "eos"], ["bos", "eos"]);
    }

    private static void WriteSentencePiece(GgufWriter writer, JsonElement file, JsonElement model)
    {
        (string[] tokens, int[] kinds) = Tokens(file, model);
        var scores = new float[tokens.Length];
        Dictionary<string, int> ids = Enumerable.Range(0, tokens.Length).ToDictionary(id => tokens[id], StringComparer.Ordinal);
        int rank = 0;
        foreach ((string left, string right) in Merges(model))
        {
            rank++;
            int id = ids[left + right];
            scores[id] = scores[id] == 0 ? -rank : scores[id]; // of all ways to make a token the first counts
        }
        for (int id = 0; id < tokens.Length; id++)
        {
            if (tokens[id] is ['<', '0', 'x', _, _, '>'])
            {
                kinds[id] = (int)Kind.Byte;
            }
            if (kinds[id] == (int)Kind.UserDefined)
            {
                tokens[id] = tokens[id].Replace('▁', ' ');
            }
        }
        int unknown = ids[model.GetProperty("unk_token").GetString()!];
        kinds[unknown] = (int)Kind.Unknown;
        Head(writer, "llama", "llama", tokens, kinds);
        writer.SetMetadata("tokenizer.ggml.scores", scores);
        writer.SetMetadata("tokenizer.ggml.unknown_token_id", (uint)unknown);
        writer.SetMetadata("tokenizer.ggml.add_space_prefix", file.GetProperty("normalizer").GetRawText().Contains("\"Prepend\"", StringComparison.Ordinal));
        Around(writer, file, ["bos", "eos"], ["bos", "eos"]);
    }

    private static void WriteWordPiece(GgufWriter writer, JsonElement file, JsonElement model)
    {
        (string[] tokens, int[] kinds) = Tokens(file, model);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (kinds[id] == (int)Kind.Normal)
            {
                tokens[id] = tokens[id].StartsWith("##", StringComparison.Ordinal) ? tokens[id][2..] : "▁" + tokens[id];
            }
        }
        Head(writer, "bert", "bert", tokens, kinds);
        writer.SetMetadata("tokenizer.ggml.token_type_count", 2u);
        writer.SetMetadata("tokenizer.ggml.unknown_token_id", (uint)Array.IndexOf(tokens, model.GetProperty("unk_token").GetString()!));
        Around(writer, file, ["bos", "seperator"], []); // so spelled in the format
        JsonElement normalizer = file.GetProperty("normalizer");
        bool lowercase = normalizer.GetProperty("lowercase").GetBoolean();
        writer.SetMetadata("tokenizer.ggml.normalizer.lowercase", lowercase);
        writer.SetMetadata("tokenizer.ggml.normalizer.strip_accents", normalizer.GetProperty("strip_accents").ValueKind == JsonValueKind.Null ? lowercase : normalizer.GetProperty("strip_accents").GetBoolean());
    }

    // What llama.cpp wants of any model before it reads its vocabulary.
    private static void Head(GgufWriter writer, string architecture, string model, string[] tokens, int[] kinds)
    {
        writer.SetMetadata("general.architecture", architecture);
        foreach ((string key, uint value) in (ReadOnlySpan<(string, uint)>)[("context_length", 64), ("embedding_length", 64), ("block_count", 1), ("feed_forward_length", 64), ("attention.head_count", 2)])
        {
            writer.SetMetadata($"{architecture}.{key}", value);
        }
        writer.SetMetadata($"{architecture}.attention.{(architecture == "bert" ? "layer_norm_epsilon" : "layer_norm_rms_epsilon")}", 1e-5f);
        writer.SetMetadata("tokenizer.ggml.model", model);
        writer.SetMetadata("tokenizer.ggml.tokens", tokens);
        writer.SetMetadata("tokenizer.ggml.token_type", kinds);
    }

    private static (string[] Tokens, int[] Kinds) Tokens(JsonElement file, JsonElement model)
    {
        Dictionary<int, (string Text, Kind Kind)> all = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Value.GetInt32(), token => (token.Name, Kind.Normal));
        foreach (JsonElement added in file.GetProperty("added_tokens").EnumerateArray())
        {
            all[added.GetProperty("id").GetInt32()] = (added.GetProperty("content").GetString()!, added.GetProperty("special").GetBoolean() || LooksSpecial(added.GetProperty("content").GetString()!) ? Kind.Control : Kind.UserDefined);
        }
        int count = all.Keys.Max() + 1;
        (string Text, Kind Kind)[] tokens = [.. Enumerable.Range(0, count).Select(id => all.TryGetValue(id, out (string, Kind) token) ? token : ($"[PAD{id}]", Kind.Unused))];
        return ([.. tokens.Select(token => token.Text)], [.. tokens.Select(token => (int)token.Kind)]);
    }

    // Many files list such tokens as ordinary ones; llama.cpp's converter makes them control tokens all the same.
    private static bool LooksSpecial(string token) =>
        token is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]" or ['<', '|', .., '|', '>'] or ['<', '｜', .., '｜', '>'] || (token.StartsWith("<unused", StringComparison.Ordinal) && token[^1] == '>');

    private static IEnumerable<(string Left, string Right)> Merges(JsonElement model)
    {
        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.Array)
            {
                yield return (merge[0].GetString()!, merge[1].GetString()!);
                continue;
            }
            string text = merge.GetString()!;
            int blank = text.IndexOf(' ', 1);
            yield return (text[..blank], text[(blank + 1)..]);
        }
    }

    private static IEnumerable<string> Patterns(JsonElement preTokenizer) => preTokenizer.GetProperty("type").GetString() switch
    {
        "Sequence" => preTokenizer.GetProperty("pretokenizers").EnumerateArray().SelectMany(Patterns),
        "Split" => [preTokenizer.GetProperty("pattern").GetProperty("Regex").GetString()!],
        _ => [],
    };

    // The special tokens that a post-processor's template puts before and behind a text.
    private static void Around(GgufWriter writer, JsonElement file, string[] names, string[] flags)
    {
        int[]? before = null;
        int[] behind = [];
        JsonElement post = file.GetProperty("post_processor");
        JsonElement[] processors = post.GetProperty("type").GetString() == "Sequence" ? [.. post.GetProperty("processors").EnumerateArray()] : [post];
        foreach (JsonElement template in processors.Where(each => each.GetProperty("type").GetString() == "TemplateProcessing"))
        {
            JsonElement[] items = [.. template.GetProperty("single").EnumerateArray()];
            int text = Array.FindIndex(items, item => item.TryGetProperty("Sequence", out _));
            int[] Ids(IEnumerable<JsonElement> part) => [.. part.Select(item => template.GetProperty("special_tokens").GetProperty(item.GetProperty("SpecialToken").GetProperty("id").GetString()!).GetProperty("ids")[0].GetInt32())];
            (before, behind) = (Ids(items.Take(text)), Ids(items.Skip(text + 1)));
        }
        foreach ((string name, int[] ids) in names.Zip([before ?? [], behind]))
        {
            if (ids.Length > 0)
            {
                writer.SetMetadata($"tokenizer.ggml.{name}_token_id", (uint)ids[0]);
            }
        }
        foreach ((string flag, int[] ids) in flags.Zip([before ?? [], behind]))
        {
            writer.SetMetadata($"tokenizer.ggml.add_{flag}_token", ids.Length > 0);
        }
    }
}
