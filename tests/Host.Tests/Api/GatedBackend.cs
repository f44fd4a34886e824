using Engine.Serving;
using NoVocabulary = Engine.Generation.NoVocabulary;

namespace Engine.Host.Tests.Api;

/// <summary>A backend of ordinary served models whose steps wait for the test.</summary>
internal sealed class GatedBackend : IModelBackend
{
    private const int V = 8;

    public string Name => "gated";

    /// <summary>Closed at first.</summary>
    public ManualResetEventSlim Gate { get; } = new();

    /// <summary>Released when a step begins.</summary>
    public SemaphoreSlim Stepping { get; } = new(0);

    /// <summary>Sequences of the widest step.</summary>
    public int Widest { get; private set; }

    /// <summary>Reports to the latest model what failed native code reports on a thread that will never return.</summary>
    public Action<NativeFailureException>? Fail { get; private set; }

    public ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IModel>(new ServedModel(new Loaded(this, options), ServingOptions.Of(options)));

    private sealed class Loaded(GatedBackend backend, ModelOptions options) : ILoadedModel
    {
        public ModelCard Card { get; } = new()
        {
            Name = "gate",
            Path = options.Path,
            Architecture = "none",
            Backend = backend.Name,
            Device = "cpu",
            FileType = "F32",
            Parameters = 0,
            TensorBytes = 0,
            VocabularySize = V,
            HasVocabulary = false,
            EmbeddingLength = 1,
            Layers = 0,
            ContextLength = 100,
            TrainedContextLength = 100,
            Capabilities = ModelCapabilities.Generate,
        };

        public ITokenizer Tokenizer { get; } = new NoVocabulary("gate", V);

        public bool HasBatch => true;

        public ISequenceBatch OpenBatch(BatchShape shape) => new Batch(backend, shape);

        public void OnFailure(Action<NativeFailureException> handler) => backend.Fail = handler;

        public IPass OpenPass(PassKind kind) => throw new UnsupportedRequestException("A gate only generates.");

        public void Dispose()
        {
            // Nothing but memory.
        }
    }

    /// <summary>Sequences that are lengths: every token is as good as any other.</summary>
    private sealed class Batch(GatedBackend backend, BatchShape shape) : ISequenceBatch
    {
        private readonly int[] _lengths = new int[shape.Sequences];
        private readonly float[] _row = new float[V];

        public int Sequences => shape.Sequences;

        public int Cells => shape.Cells;

        public int StepTokens => 64;

        public int LengthOf(int sequence) => _lengths[sequence];

        public bool TryRemove(int sequence, int from)
        {
            _lengths[sequence] = Math.Min(from, _lengths[sequence]);
            return true;
        }

        public bool TryShare(int from, int to, int length)
        {
            _lengths[to] = length;
            return true;
        }

        public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
        {
            backend.Widest = Math.Max(backend.Widest, chunks.Count);
            backend.Stepping.Release();
            try
            {
                backend.Gate.Wait(abort);
            }
            catch (OperationCanceledException)
            {
                return StepOutcome.Aborted;
            }
            foreach (SequenceChunk chunk in chunks)
            {
                _lengths[chunk.Sequence] += chunk.Tokens.Length;
            }
            return StepOutcome.Done;
        }

        public ReadOnlySpan<float> Row(int chunk) => _row;

        public void Dispose()
        {
            // Nothing but memory.
        }
    }
}
