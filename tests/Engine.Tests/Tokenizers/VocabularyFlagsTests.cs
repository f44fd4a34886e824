using Engine.Gguf;

namespace Engine.Tests.Tokenizers;

/// <summary>Real vocabularies with other flags, other kinds of tokens and other names, judged by llama.cpp.</summary>
public sealed class VocabularyFlagsTests : IDisposable
{
    private const int Texts = 200;

    private static readonly Dictionary<string, (string Vocabulary, (string Key, object? Value)[] Changes)> Cases = new()
    {
        ["WordPiece that keeps capitals"] = ("bert-bge", [("normalizer.lowercase", false)]),
        ["WordPiece that keeps capitals and strips accents"] = ("bert-bge", [("normalizer.lowercase", false), ("normalizer.strip_accents", true)]),
        ["WordPiece that keeps accents"] = ("bert-bge", [("normalizer.strip_accents", false)]),
        ["WordPiece with user-defined tokens"] = ("bert-bge", [("token_type", 1)]),
        ["SentencePiece without a blank in front"] = ("llama-spm", [("add_space_prefix", false)]),
        ["SentencePiece with EOS and without BOS"] = ("llama-spm", [("add_bos_token", false), ("add_eos_token", true)]),
        ["SentencePiece without scores"] = ("llama-spm", [("scores", null)]),
        ["SentencePiece with user-defined tokens"] = ("llama-spm", [("token_type", 2)]),
        ["SentencePiece whose special tokens swallow blanks"] = ("llama-spm", [("general.name", "Phi-3 of sorts"), ("token_type", 3), ("tokens", "<|endoftext|>")]),
        ["Unigram that keeps blanks"] = ("nomic-bert-moe", [("add_space_prefix", false), ("remove_extra_whitespaces", false)]),
        ["Unigram with user-defined tokens and without a map"] = ("nomic-bert-moe", [("precompiled_charsmap", null), ("token_type", 4)]),
        ["Byte-level BPE with user-defined tokens and BOS"] = ("gpt-2", [("token_type", 5), ("add_bos_token", true)]),
        ["Byte-level BPE without a pre-tokenizer's name"] = ("starcoder", [("pre", null)]),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Cases.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Texts_are_split_as_llama_cpp_splits_them(string name)
    {
        string path = Write(name);
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(path);
        pair.SplitAlike(new GeneratedTexts(seed: 31, pair.Specials()).Take(Texts));
        for (int token = 0; token < pair.Native.VocabularySize; token += 7)
        {
            Assert.True(pair.Native.GetBytes(token).Span.SequenceEqual(pair.Managed.GetBytes(token).Span), $"bytes of {token}");
        }
    }

    private string Write(string name)
    {
        (string vocabulary, (string Key, object? Value)[] changes) = Cases[name];
        using GgufFile file = GgufFile.Open(TestData.Vocabulary($"ggml-vocab-{vocabulary}.gguf"));
        var writer = new GgufWriter();
        string[] changed = [.. changes.Select(change => Full(change.Key))];
        foreach (string key in file.Metadata.Keys.Except(changed))
        {
            writer.SetMetadata(key, file.Metadata[key]!);
        }
        foreach ((string key, object? value) in changes)
        {
            switch (value)
            {
                case bool flag: writer.SetMetadata(Full(key), flag); break;
                case string token when key == "tokens": writer.SetMetadata(Full(key), [.. file.Metadata.GetStrings(Full(key))!.SkipLast(1), token]); break;
                case string text: writer.SetMetadata(Full(key), text); break;
                case int seed: writer.SetMetadata(Full(key), Kinds(file.Metadata, seed)); break;
                default: break; // left out
            }
        }
        string path = _folder.File("changed.gguf");
        writer.Write(path);
        return path;
    }

    private static string Full(string key) => key.Contains("general", StringComparison.Ordinal) ? key : "tokenizer.ggml." + key;

    // The file's own kinds, some of the normal tokens made user-defined, control, unknown, unused or of no kind.
    private static int[] Kinds(GgufMetadata metadata, int seed)
    {
        var random = new Random(seed);
        int[] kinds = [.. metadata.GetInt32s("tokenizer.ggml.token_type")!];
        foreach ((int kind, int count) in (ReadOnlySpan<(int, int)>)[(4, 120), (3, 40), (2, 5), (5, 200), (0, 5)])
        {
            for (int i = 0; i < count; i++)
            {
                int token = random.Next(kinds.Length);
                kinds[token] = kinds[token] == 1 ? kind : kinds[token];
            }
        }
        return kinds;
    }
}
