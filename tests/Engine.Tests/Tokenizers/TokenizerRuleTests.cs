using System.Text.Json;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.Tests.LlamaCpp;
using Engine.Tokenizers;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Tokenizers;

/// <summary>The two rules of splitting: as a model was trained, according to Hugging Face's tokenizers
/// (<c>tests/Golden/tokenizers</c>), and as llama.cpp does, by its own.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class TokenizerRuleTests : IDisposable
{
    private static readonly string Golden = Path.Combine(SharedFolder.Checkout, "tests", "Golden", "tokenizers");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => SharedVocabularyTests.Names;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Uncased_bert_gives_the_ids_of_Hugging_Face()
    {
        VocabularyTokenizer tokenizer = Read("bert-bge", TokenizerRule.Trained);
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden, "bert.json")));
        int differing = 0;
        foreach (JsonElement each in cases.RootElement.EnumerateArray())
        {
            string text = each.GetProperty("text").GetString()!;
            int[] expected = [.. each.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            IReadOnlyList<int> found = tokenizer.Encode(text, addSpecial: false);
            Assert.True(expected.SequenceEqual(found), $"'{text}': expected {string.Join(' ', expected)}, found {string.Join(' ', found)}");
            differing += Differs(text) ? 1 : 0;
        }
        Assert.True(cases.RootElement.GetArrayLength() > 450 && differing > 250, $"only {differing} texts tell the rules apart");

        static bool Differs(string text) => !Cached.Encode(text, false, false, TokenizerRule.Trained).SequenceEqual(Cached.Encode(text, false, false, TokenizerRule.Native));
    }

    [Fact]
    public void Syllables_that_are_one_token_to_llama_cpp_are_separate_as_trained()
    {
        string[] syllables = ["가", "고", "국", "군"];
        Assert.Single(syllables.Select(each => Ids(each, TokenizerRule.Native)).Distinct());
        Assert.Equal(4, syllables.Select(each => Ids(each, TokenizerRule.Trained)).Distinct().Count());

        static string Ids(string text, TokenizerRule rule) => string.Join(' ', Cached.Encode(text, false, false, rule));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void If_the_rules_agree_nothing_changes_and_otherwise_it_is_reported_once(string name)
    {
        var log = new ListLog();
        using GgufFile file = GgufFile.Open(FileOf(name));
        var tokenizer = (VocabularyTokenizer)FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Trained, log);
        bool differed = false;
        int number = 0;
        foreach (string text in new GeneratedTexts(seed: 31).Take(500).Concat(["plain words", "1 + 1 = 2"]))
        {
            bool addSpecial = number++ % 2 == 0;
            IReadOnlyList<int> trained = tokenizer.Encode(text, addSpecial);
            IReadOnlyList<int> native = tokenizer.Encode(text, addSpecial, false, TokenizerRule.Native);
            differed |= !trained.SequenceEqual(native);
            Assert.Equal(differed ? 1 : 0, log.Count(FileTokenizer.SplitOtherwise)); // so that the cheap look before never misses one
            Assert.True(text.Any(c => c is > '~' or < ' ') || text.Length > 100 || trained.SequenceEqual(native), text);
        }
        Assert.Equal(name == "bert-bge", differed);
    }

    [Theory]
    [InlineData("bert-bge", "[MASK]", "[SEP]", "[CLS]")]
    [InlineData("llama-bpe", "<|eot_id|>", "<|begin_of_text|>", "<|start_header_id|>")]
    [InlineData("llama-spm", "<s>", "</s>", "<unk>")]
    [InlineData("gpt-2", "<|endoftext|>")]
    [InlineData("falcon", "<|endoftext|>")]
    [InlineData("starcoder", "<|endoftext|>", "<fim_prefix>")]
    [InlineData("nomic-bert-moe", "<s>", "</s>", "<mask>")]
    public void Special_tokens_typed_in_a_text_are_plain_text_by_both_rules(string name, params string[] typed)
    {
        using GgufFile file = GgufFile.Open(FileOf(name));
        var tokenizer = (VocabularyTokenizer)FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Trained);
        foreach (string special in typed)
        {
            int id = Assert.Single(tokenizer.Encode(special, addSpecial: false, parseSpecial: true), token => tokenizer.GetPiece(token) == special);
            foreach (TokenizerRule rule in Enum.GetValues<TokenizerRule>())
            {
                foreach (string text in new[] { special, $"a {special} b", $"한국{special}어", special + special })
                {
                    Assert.DoesNotContain(id, tokenizer.Encode(text, false, false, rule));
                }
            }
        }
    }

    [Theory]
    [InlineData(TokenizerRule.Trained, 4)]
    [InlineData(TokenizerRule.Native, 1)]
    public async Task The_native_backend_gets_ids_by_the_rule_of_its_options(TokenizerRule rule, int distinct)
    {
        var log = new ListLog();
        await using IModel model = await LoadAsync(FileOf("bert-bge"), rule, log);
        Assert.Equal(distinct, new[] { "가", "고", "국", "군" }.Select(text => string.Join(' ', model.Tokenizer.Encode(text))).Distinct().Count());
        _ = model.Tokenizer.Encode("나무");
        Assert.Equal(rule == TokenizerRule.Trained ? 1 : 0, log.Count(FileTokenizer.SplitOtherwise));
        Assert.Equal("[CLS] a [SEP]", string.Join(' ', model.Tokenizer.Encode("a").Select(id => model.Tokenizer.GetPiece(id).Trim('▁'))));
    }

    [Fact]
    public async Task An_unknown_vocabulary_is_split_by_llama_cpp_and_the_log_says_so()
    {
        string path = _folder.File("viking.gguf");
        using (GgufFile file = GgufFile.Open(FileOf("gpt-2")))
        {
            var writer = new GgufWriter();
            foreach (string key in file.Metadata.Keys)
            {
                writer.SetMetadata(key, key == GgufKeys.TokenizerPre ? GgufValue.FromString("viking") : file.Metadata[key]!);
            }
            writer.Write(path);
        }
        var log = new ListLog();
        await using IModel model = await LoadAsync(path, TokenizerRule.Trained, log);
        Assert.NotEmpty(model.Tokenizer.Encode("some text"));
        Assert.Contains(log.Lines, line => line.Contains("llama.cpp's own tokenizer", StringComparison.Ordinal) && line.Contains("'viking'", StringComparison.Ordinal));
    }

    private static readonly VocabularyTokenizer Cached = Read("bert-bge", TokenizerRule.Trained);

    private static VocabularyTokenizer Read(string name, TokenizerRule rule)
    {
        using GgufFile file = GgufFile.Open(FileOf(name));
        return (VocabularyTokenizer)FileTokenizer.Read(file.Metadata, "llama", rule);
    }

    private static ValueTask<IModel> LoadAsync(string path, TokenizerRule rule, ListLog log) =>
        new LlamaCppBackend(log).LoadAsync(new ModelOptions { Path = path, Device = "cpu", Tokenizer = rule });

    private static string FileOf(string name) => TestData.Vocabulary($"ggml-vocab-{name}.gguf");

    private sealed class ListLog : ILogger<LlamaCppBackend>
    {
        private readonly List<(EventId Event, string Line)> _lines = [];

        public IEnumerable<string> Lines => _lines.Select(each => each.Line);

        public int Count(EventId id) => _lines.Count(each => each.Event.Name == id.Name);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add((eventId, formatter(state, exception)));
            }
        }
    }
}
