using System.Runtime.InteropServices;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>How a byte-level BPE vocabulary cuts a text into words before it merges: steps applied one after the other, each to
/// the pieces of the one before. The names (<c>tokenizer.ggml.pre</c>) and what goes with them are llama.cpp's (v0.5.0,
/// <c>src/llama-vocab.cpp</c>), and so is what they do, except for <see cref="AsTrained"/>.</summary>
internal sealed class PreTokenizer
{
    private static readonly Dictionary<string, PreTokenizer> ByName = MakeTable();

    private readonly Splitter[] _steps;

    private PreTokenizer(params Splitter[] steps) => _steps = steps;

    /// <summary>The pre-tokenizer that the models of this name were trained with, according to their own tokenizer.json, if llama.cpp's differs;
    /// otherwise this one. Both cut ASCII and merge in the same way. The differences are listed in <c>docs/tokenizers.md</c>.</summary>
    public PreTokenizer AsTrained
    {
        get => field ?? this;
        private init;
    }

    /// <summary>Whether the text is normalized to NFC before it is cut.</summary>
    public bool Composes { get; private init; }

    /// <summary>Names that <see cref="Find"/> knows.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Where(name => name.Length > 0).Order(StringComparer.Ordinal);

    /// <summary>Whether a word that is a token becomes that token regardless of merges.</summary>
    public bool IgnoresMerges { get; private init; }

    /// <summary>Whether BOS goes before a text if the file does not say.</summary>
    public bool AddsBeginningOfSequence { get; private init; }

    /// <summary>Whether there is a BOS if the file does not say.</summary>
    public bool HasBeginningOfSequence { get; private init; } = true;

    /// <summary>The pre-tokenizer with a name; null if it is unknown.</summary>
    public static PreTokenizer? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Cuts a text into words.</summary>
    /// <param name="ends">Receives where each word ends. Its previous content is overwritten.</param>
    /// <param name="spare">Working space.</param>
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

        // if the file names none, llama.cpp warns and uses "default"
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
        // as trained, marks count as letters, and case is known in all scripts
        PreTokenizer tekken = new(new CasedWords(digits: 1, marks: true, allCapitals: true)) { IgnoresMerges = true };
        PreTokenizer o200k = new(new CasedWords(digits: 3, marks: true, contractions: true, allCapitals: true)); // its merges can make every token
        Add(new(new CasedWords(digits: 1)) { IgnoresMerges = true, AddsBeginningOfSequence = true, AsTrained = tekken }, "tekken");
        Add(new(new CasedWords(digits: 3, contractions: true)) { AsTrained = o200k }, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        Add(new(new CasedWords(digits: 3, marks: true, contractions: true)) { IgnoresMerges = true }, "granite-embed-multi-97m");
        return table;
    }
}
