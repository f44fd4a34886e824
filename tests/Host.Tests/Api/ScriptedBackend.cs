using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Engine.Host.Tests.Api;

/// <summary>A backend whose models say " one two three …", from a later word on with a seed, and whose loading and generating the test can
/// hold up or fail.</summary>
internal sealed class ScriptedBackend(string name = "scripted") : IModelBackend
{
    /// <summary>What its models say, one for each token, from the beginning again at the end.</summary>
    public string[] Words { get; init; } = [" one", " two", " three", " four", " five", " six", " seven", " eight"];

    /// <summary>What its models say to a request, to its end; null for <see cref="Words"/>.</summary>
    public Func<GenerateRequest, string[]>? Says { get; init; }

    public string Name => name;

    /// <summary>The loading waits for it.</summary>
    public Task Loading { get; init; } = Task.CompletedTask;

    /// <summary>Thrown by the loadings, one by each, until there are no more.</summary>
    public ConcurrentQueue<Exception> LoadingFailures { get; } = [];

    /// <summary>Every generation waits for it before its first token.</summary>
    public Task Prefill { get; init; } = Task.CompletedTask;

    /// <summary>Every generation waits for it after its first token.</summary>
    public Task Generating { get; init; } = Task.CompletedTask;

    /// <summary>Thrown instead of a first token.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>Thrown instead of a first token, once each.</summary>
    public ConcurrentQueue<Exception> Refusals { get; } = [];

    /// <summary>Thrown after the first token.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Thrown after the first token, once each.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    /// <summary>The chat template of its file.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Splits its texts; null for one that only says what its words are.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>What its file says of sampling.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Why generations end after as many tokens as were requested; a word that is a stop text ends them before.</summary>
    public FinishReason End { get; init; } = FinishReason.MaxTokens;

    /// <summary>Released once for each generation that has begun.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    /// <summary>Released once for each generation that was cancelled.</summary>
    public SemaphoreSlim Cancelled { get; } = new(0);

    public ConcurrentQueue<GenerateRequest> Requests { get; } = [];

    /// <summary>When each of them came, by <see cref="Stopwatch"/>.</summary>
    public ConcurrentQueue<long> Arrivals { get; } = [];

    public int Loads { get; private set; }

    /// <summary>How many tokens were given to readers.</summary>
    public long Given => Interlocked.Read(ref _given);

    private long _given;

    /// <summary>Released once for each model that was disposed.</summary>
    public SemaphoreSlim Disposed { get; } = new(0);

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        Loads++;
        await Loading.WaitAsync(cancellationToken);
        if (LoadingFailures.TryDequeue(out Exception? failure))
        {
            throw failure;
        }
        return new Model(this);
    }

    private sealed class Model(ScriptedBackend script) : IModel
    {
        public ModelCard Card { get; } = new()
        {
            Name = "script",
            Path = "script",
            Architecture = "none",
            Backend = script.Name,
            Device = "cpu",
            FileType = "F32",
            Parameters = 0,
            TensorBytes = 0,
            VocabularySize = 8,
            EmbeddingLength = 1,
            Layers = 0,
            ContextLength = 100,
            TrainedContextLength = 100,
            Capabilities = ModelCapabilities.Generate,
            Sampling = script.Sampling,
            ChatTemplates = script.ChatTemplate is null ? new Dictionary<string, string>() : new() { [ModelCard.DefaultChatTemplate] = script.ChatTemplate },
        };

        public ITokenizer Tokenizer => script.Tokenizer ?? WordTokenizer.Instance;

        public async IAsyncEnumerable<GeneratedToken> GenerateAsync(
            GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            script.Requests.Enqueue(request);
            script.Arrivals.Enqueue(Stopwatch.GetTimestamp());
            script.Begun.Release();
            if (script.Refusal is { } refusal || script.Refusals.TryDequeue(out refusal))
            {
                throw refusal;
            }
            string[] words = script.Says?.Invoke(request) ?? script.Words;
            int count = script.Says is null ? request.MaxTokens ?? 1 : Math.Min(request.MaxTokens ?? int.MaxValue, words.Length);
            int first = script.Says is null ? (int)((request.Sampling.Seed ?? 0) % (ulong)words.Length) : 0;
            FinishReason end = script.Says is not null && count == words.Length ? FinishReason.EndOfGeneration : script.End;
            bool ended = false;
            try
            {
                await script.Prefill.WaitAsync(cancellationToken);
                for (int i = 0; i < count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Interlocked.Increment(ref script._given);
                    string word = words[(first + i) % words.Length];
                    string? stop = request.Stop.FirstOrDefault(text => text == word);
                    yield return new GeneratedToken
                    {
                        Token = i,
                        Text = stop is null ? word : "",
                        Index = i,
                        PromptTokens = 3,
                        CachedTokens = first, // the first answer evaluates what the others share
                        Elapsed = TimeSpan.FromMilliseconds(10 * (i + 1)),
                        FinishReason = stop is not null ? FinishReason.Stop : i == count - 1 ? end : null,
                        StopText = stop,
                    };
                    if (stop is not null)
                    {
                        break;
                    }
                    await script.Generating.WaitAsync(cancellationToken);
                    if (script.Failure is { } failure || script.Failures.TryDequeue(out failure))
                    {
                        throw failure;
                    }
                }
                ended = true;
            }
            finally
            {
                // Also where its reader leaves it at a token.
                if (!ended && cancellationToken.IsCancellationRequested)
                {
                    script.Cancelled.Release();
                }
            }
        }

        public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
            throw new UnsupportedRequestException("A script does not score.");

        public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
            throw new UnsupportedRequestException("A script does not embed.");

        public ValueTask DisposeAsync()
        {
            script.Disposed.Release();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Every token is a word: there are no control tokens, and no texts can be split.</summary>
    private sealed class WordTokenizer : ITokenizer
    {
        public static WordTokenizer Instance { get; } = new();

        public int VocabularySize => 8;

        public int? BeginningOfSequence => null;

        public int? EndOfSequence => null;

        public bool IsEndOfGeneration(int token) => false;

        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => throw new UnsupportedRequestException("A script splits no texts.");

        public ReadOnlyMemory<byte> GetBytes(int token) => "word"u8.ToArray();

        public string GetPiece(int token) => "word";

        public string Decode(IEnumerable<int> tokens) => throw new UnsupportedRequestException("A script splits no texts.");
    }
}
