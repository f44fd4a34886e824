using System.Runtime.InteropServices;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>How a byte-level BPE vocabulary cuts a text into words before it merges: steps one after the other, each over
/// the pieces of the one before. The names (<c>tokenizer.ggml.pre</c>) and what goes with them are llama.cpp's (v0.5.0,
/// <c>src/llama-vocab.cpp</c>), and so is what they do, but for <see cref="AsTrained"/>.</summary>
internal sealed class PreTokenizer
{
    private static readonly Dictionary<string, PreTokenizer> ByName = MakeTable();

    private readonly Splitter[] _steps;

    private PreTokenizer(params Splitter[] steps) => _steps = steps;

    /// <summary>What the models of this name were trained with, by their own tokenizer.json, where llama.cpp does otherwise;
    /// itself elsewhere. It cuts ASCII alike and merges alike. The differences are listed in <c>docs/tokenizers.md</c>.</summary>
    public PreTokenizer AsTrained
    {
        get => field ?? this;
        private init;
    }

    /// <summary>Whether the text is brought into NFC before it is cut.</summary>
    public bool Composes { get; private init; }

    /// <summary>Names that <see cref="Find"/> knows.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Where(name => name.Length > 0).Order(StringComparer.Ordinal);

    /// <summary>Whether a word that is a token is that token, however its merges go.</summary>
    public bool IgnoresMerges { get; private init; }

    /// <summary>Whether BOS goes before a text where the file is silent.</summary>
    public bool AddsBeginningOfSequence { get; private init; }

    /// <summary>Whether there is a BOS where the file is silent.</summary>
    public bool HasBeginningOfSequence { get; private init; } = true;

    /// <summary>The pre-tokenizer of a name; null for one that is not known.</summary>
    public static PreTokenizer? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Cuts a text into words.</summary>
    /// <param name="ends">Receives where each word ends; what it held is gone.</param>
    /// <param name="spare">Room to work in.</param>
    public void Split(CodePointText text, List<int> ends, List<int> spare)
    {
        ReadOnlySpan<int> points = text.Points;
        ReadOnlySpan<CodePointFlags> flags = text.Flags;
        ends.Clear();
        _steps[0].Split(points, flags, 0, ends);
        foreach (Splitter step in _steps.AsSpan(1))
        {
            spare.Clear();
            spare.AddRange(CollectionsMarshal.AsSpan(ends));
            ends.Clear();
            int start = 0;
            foreach (int end in CollectionsMarshal.AsSpan(spare))
            {
                step.Split(points[..end], flags[..end], start, ends);
                start = end;
            }
        }
    }

    private static Dictionary<string, PreTokenizer> MakeTable()
    {
        var numbers = new BracketExpression(CodePointFlags.Number);
        var newlines = new BracketExpression(CodePointFlags.None, "\n\n\r\r");
        var eastAsian = new SetRuns(new BracketExpression(CodePointFlags.None, PreTokenizerRanges.EastAsian));
        var threeDigits = new SetRuns(new BracketExpression(CodePointFlags.None, "09"), minimum: 3, maximum: 3);
        var oneDigit = new SetRuns(numbers, maximum: 1);
        var words = new Gpt2Words();

        var table = new Dictionary<string, PreTokenizer>(StringComparer.Ordinal);
        void Add(PreTokenizer preTokenizer, params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                table.Add(name, preTokenizer);
            }
        }

        // llama.cpp warns where the file names none, and takes "default"
        Add(new(new SetRuns(new BracketExpression(CodePointFlags.Punctuation, "$$++<<==>>^^~~||")), words, new SetRuns(numbers), threeDigits),
            "", "default");
        Add(new(words),
            "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "exaone4",
            "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "trillion", "granite-docling");
        Add(new(new Llama3Words(digits: 3)) { IgnoresMerges = true, AddsBeginningOfSequence = true },
            "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano");
        Add(new(new Llama3Words(digits: 3)), "dbrx", "smaug-bpe");
        Add(new(new Llama3Words(digits: 3)) { HasBeginningOfSequence = false }, "glm4", "chatglm-bpe");
        Add(new(new Llama3Words(digits: 1)) { AsTrained = new(new Llama3Words(digits: 1)) { Composes = true } }, "qwen2");
        Add(new(new Llama3Words(digits: 1)),
            "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2",
            "bailingmoe", "bailingmoe2", "llada-moe");
        Add(new(new Llama3Words(digits: 1, marks: true)), "qwen35");
        Add(new(new Llama3Words(digits: 1, contractions: false)), "ufakzeka");
        Add(new(new SetRuns(new BracketExpression(CodePointFlags.None, "\n\n")), new Llama3Words(digits: 1)), "laguna");
        Add(new(new SetRuns(numbers, maximum: 3), new Llama3Words(digits: int.MaxValue)) { IgnoresMerges = true }, "minicpm5");
        Add(new(oneDigit, words),
            "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2");
        Add(new(new SetRuns(new BracketExpression(CodePointFlags.Punctuation, "$$++<<==>>^^~~||``")), words, threeDigits), "falcon");
        Add(new(
                new SetRuns(newlines, maximum: 1),
                new SetRuns(new BracketExpression(CodePointFlags.None, PreTokenizerRanges.CasedLetters), takesBlank: true),
                new SetRuns(new BracketExpression(CodePointFlags.None, PreTokenizerRanges.Punctuation), takesBlank: true),
                new TrailingBlanks(),
                eastAsian,
                new SetRuns(numbers)),
            "deepseek-llm");
        Add(new(
                new SetRuns(newlines, maximum: 1),
                new SetRuns(new BracketExpression(CodePointFlags.Letter), takesBlank: true),
                new SetRuns(new BracketExpression(CodePointFlags.Punctuation), takesBlank: true),
                eastAsian,
                oneDigit),
            "deepseek-coder");
        Add(new(new SetRuns(numbers, maximum: 3), new SetRuns(new BracketExpression(CodePointFlags.None, PreTokenizerRanges.HanAndKana)), new DeepSeek3Words()),
            "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4");
        // their own words have marks among the letters and know the capitals of all scripts
        PreTokenizer tekken = new(new CasedWords(digits: 1, marks: true, allCapitals: true)) { IgnoresMerges = true };
        PreTokenizer o200k = new(new CasedWords(digits: 3, marks: true, contractions: true, allCapitals: true)); // whose merges make every token
        Add(new(new CasedWords(digits: 1)) { IgnoresMerges = true, AddsBeginningOfSequence = true, AsTrained = tekken }, "tekken");
        Add(new(new CasedWords(digits: 3, contractions: true)) { AsTrained = o200k }, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        Add(new(new CasedWords(digits: 3, marks: true, contractions: true)) { IgnoresMerges = true }, "granite-embed-multi-97m");
        return table;
    }
}
