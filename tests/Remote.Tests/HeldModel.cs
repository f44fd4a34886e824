using System.Runtime.CompilerServices;
using System.Text;
using Engine.Registry;

namespace Engine.Remote.Tests;

/// <summary>A model that does what the test says.</summary>
internal sealed class HeldModel(string[] vocabulary) : IModel
{
    public static readonly string[] Words = ["a", "b", "c", "d"];

    public ModelCard Card { get; init; } = new()
    {
        Name = "held",
        Path = "held",
        Architecture = "none",
        Backend = "held",
        Device = "cpu",
        FileType = "F32",
        Parameters = 1,
        TensorBytes = 4,
        VocabularySize = vocabulary.Length,
        EmbeddingLength = 2,
        Layers = 0,
        ContextLength = 100,
        TrainedContextLength = 100,
        Capabilities = ModelCapabilities.Generate,
    };

    public ITokenizer Tokenizer { get; } = new WordTokenizer(vocabulary);

    public Func<ScoreRequest, CancellationToken, IAsyncEnumerable<ScoreBlock>> Scores { get; init; } = (_, _) => throw new UnsupportedRequestException("It scores nothing.");

    public Func<GenerateRequest, CancellationToken, IAsyncEnumerable<GeneratedToken>> Generates { get; init; } = (request, cancellationToken) => Say(request.MaxTokens ?? 1, cancellationToken);

    public Func<EmbedRequest, Embeddings> Embeds { get; init; } = _ => throw new UnsupportedRequestException("It embeds nothing.");

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) => Scores(request, cancellationToken);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) => Generates(request, cancellationToken);

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => ValueTask.FromResult(Embeds(request));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static GeneratedToken Token(int index) => new() { Token = index % Words.Length, Text = Words[index % Words.Length], Index = index, PromptTokens = 1 };

    public static async IAsyncEnumerable<GeneratedToken> Say(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return Token(i);
        }
    }

    private sealed class WordTokenizer(string[] words) : ITokenizer
    {
        public int VocabularySize => words.Length;

        public int? BeginningOfSequence => null;

        public int? EndOfSequence => words.Length - 1;

        public bool IsEndOfGeneration(int token) => token == words.Length - 1;

        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [.. text.Split(' ').Select(word => Array.IndexOf(words, word))];

        public ReadOnlyMemory<byte> GetBytes(int token) => Encoding.UTF8.GetBytes(words[token]);

        public string GetPiece(int token) => words[token];

        public string Decode(IEnumerable<int> tokens) => string.Join(' ', tokens.Select(token => words[token]));
    }
}

/// <summary>A registry of one model, which the test may exchange.</summary>
internal sealed class OneModel(IModel model) : IModelRegistry
{
    public IModel Model { get; set; } = model;

    public IReadOnlyList<string> Names => ["default"];

    public ModelStatus StatusOf(string? name = null) => new("default", ModelState.Ready);

    public ModelOptions OptionsOf(string? name = null) => new();

    public ValueTask<IModel> LeaseAsync(string? name = null, CancellationToken cancellationToken = default) => GetAsync(name, cancellationToken);

    public ValueTask<IModel> GetAsync(string? name = null, CancellationToken cancellationToken = default) => ValueTask.FromResult(Model);
}
