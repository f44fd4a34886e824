using Engine;
using Engine.Serving;
using Microsoft.Extensions.Logging;

namespace SampleBackend;

/// <summary>Models that know of each byte which bytes follow it in a text: <see cref="ModelOptions.Path"/> names the text.</summary>
/// <param name="logger">Receives warnings about prompts.</param>
public sealed class BigramBackend(ILogger<BigramBackend>? logger = null) : IModelBackend
{
    public string Name => "bigram";

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        byte[] text = await File.ReadAllBytesAsync(options.Path, cancellationToken);
        return new ServedModel(new BigramModel(options, text), ServingOptions.Of(options), logger);
    }
}

/// <summary>The loaded model: a table (V, V) of how often one byte follows another.</summary>
internal sealed class BigramModel : ILoadedModel
{
    private const int V = ByteTokenizer.Size;
    private readonly float[] _logits = new float[V * V];

    public BigramModel(ModelOptions options, byte[] text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            _logits[text[i - 1] * V + text[i]]++;
        }
        for (int i = 0; i < _logits.Length; i++)
        {
            // A little more where nothing was counted, other for each byte, so that no two logits are equal.
            _logits[i] = MathF.Log(_logits[i] + 0.01f + i % V * 1e-5f);
        }
        int context = options.ContextLength == 0 ? 1024 : options.ContextLength;
        Card = new()
        {
            Name = Path.GetFileNameWithoutExtension(options.Path),
            Path = options.Path,
            Architecture = "bigram",
            Backend = "bigram",
            Device = "cpu",
            FileType = "F32",
            Parameters = _logits.Length,
            TensorBytes = _logits.Length * sizeof(float),
            VocabularySize = V,
            EmbeddingLength = V,
            Layers = 0,
            ContextLength = context,
            TrainedContextLength = int.MaxValue,
            Capabilities = ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed,
        };
    }

    public ModelCard Card { get; }

    public ITokenizer Tokenizer { get; } = new ByteTokenizer();

    public bool HasBatch => true;

    public ISequenceBatch OpenBatch(BatchShape shape) => new BigramBatch(this, shape);

    public IPass OpenPass(PassKind kind) => new BigramPass(this);

    public ReadOnlySpan<float> Row(int token) => _logits.AsSpan(token * V, V);

    public void Dispose()
    {
        // Nothing but memory.
    }
}

/// <summary>Sequences of bytes. What follows depends on the last one alone, so a sequence is a length and a byte.</summary>
internal sealed class BigramBatch(BigramModel model, BatchShape shape) : ISequenceBatch
{
    private readonly int[] _lengths = new int[shape.Sequences];
    private int[] _last = [];

    public int Sequences => shape.Sequences;

    public int Cells => shape.Cells;

    public int StepTokens => 256;

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
        _last = [.. chunks.Select(chunk => chunk.Tokens.Span[^1])];
        foreach (SequenceChunk chunk in chunks)
        {
            _lengths[chunk.Sequence] += chunk.Tokens.Length;
        }
        return StepOutcome.Done;
    }

    public ReadOnlySpan<float> Row(int chunk) => model.Row(_last[chunk]);

    public void Dispose()
    {
        // Nothing but memory.
    }
}

/// <summary>The same for one request at a time.</summary>
internal sealed class BigramPass(BigramModel model) : IPass
{
    public void Begin(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        // What was evaluated before has no part in what comes.
    }

    public ReadOnlySpan<float> Continue(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) => model.Row(tokens[^1]);

    public IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken)
    {
        for (int p = first; p < first + count; p++)
        {
            sink(p, model.Row(input.Tokens[p]));
        }
        const string output = "result_output"; // llama.cpp's name of the logits
        return input.Activations.Contains(output)
            ? [new Activation(output, "GET_ROWS", 0, [model.Card.VocabularySize, input.Tokens.Length], [.. input.Tokens.SelectMany(token => model.Row(token).ToArray())])]
            : [];
    }

    public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            int[] tokens = inputs[i].Tokens;
            switch (pooling)
            {
                case Pooling.None:
                    for (int p = 0; p < tokens.Length; p++)
                    {
                        sink(i, p, model.Row(tokens[p]));
                    }
                    break;
                case Pooling.Mean:
                    sink(i, 0, [.. Enumerable.Range(0, model.Card.EmbeddingLength).Select(j => tokens.Average(token => model.Row(token)[j]))]);
                    break;
                case Pooling.Cls or Pooling.Last:
                    sink(i, 0, model.Row(tokens[pooling == Pooling.Cls ? 0 : ^1]));
                    break;
                default:
                    throw new UnsupportedRequestException(
                        $"Pooling by rank with {model.Card.Name}: expected an encoder with a classifier head, a bigram model has none. Ask for another pooling.");
            }
        }
        return [];
    }

    public void Dispose()
    {
        // Nothing but memory.
    }
}
