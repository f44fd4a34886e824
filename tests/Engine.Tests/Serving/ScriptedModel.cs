using System.Text;
using Engine.Serving;

namespace Engine.Tests.Serving;

/// <summary>A model in a few lines: tokens are bytes (V = 258, two of them special), and the next token is what a script
/// says of the tokens so far. What is tested over it is what stands above the seam.</summary>
internal sealed class ScriptedModel : ILoadedModel
{
    public const int Begin = 256, End = 257, Vocabulary = 258;

    private int _live;

    /// <summary>All tokens so far, prompt included → the next one. Default: the answer "ok" and the end.</summary>
    public Func<IReadOnlyList<int>, int> Next { get; init; } = tokens => tokens[^1] switch { 'o' => 'k', 'k' => End, _ => 'o' };

    /// <summary>Runs at the beginning of every evaluation, on the owner thread.</summary>
    public Action<CancellationToken> Evaluating { get; set; } = _ => { };

    /// <summary>Changes a finished row of logits.</summary>
    public Action<float[]> Spoil { get; set; } = _ => { };

    /// <summary>Runs before a pass, or the batch (null), is opened.</summary>
    public Action<PassKind?> Opening { get; set; } = _ => { };

    public Action<NativeFailureException>? Failed { get; private set; }

    public List<PassKind> Passes { get; } = [];

    /// <summary>How many inputs each evaluation of embeddings had.</summary>
    public List<int> Embedded { get; } = [];

    public int Live => _live;

    public bool Disposed { get; private set; }

    public ModelCard Card { get; init; } = new()
    {
        Name = "scripted",
        Path = "",
        Architecture = "none",
        Backend = "test",
        Device = "cpu",
        FileType = "F32",
        Parameters = 0,
        TensorBytes = 0,
        VocabularySize = Vocabulary,
        EmbeddingLength = 3,
        Layers = 0,
        ContextLength = 16,
        TrainedContextLength = 16,
        Capabilities = ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed,
    };

    public ITokenizer Tokenizer { get; init; } = new Bytes();

    /// <summary>Cells that the latest batch has in use.</summary>
    public Func<int> CellsInUse { get; private set; } = () => 0;

    /// <summary>What the batch steps were made of.</summary>
    public List<SequenceChunk[]> Steps { get; } = [];

    /// <summary>Prefixes that were shared: from, to, length.</summary>
    public List<(int From, int To, int Length)> Shares { get; } = [];

    public bool HasBatch { get; init; } = true;

    /// <summary>Whether a sequence can lose its last tokens.</summary>
    public bool GoesBack { get; init; } = true;

    /// <summary>Whether states can be copied.</summary>
    public bool Saves { get; init; } = true;

    public bool IsUnified { get; init; } = true;

    public int SmallestPiece { get; init; } = 1;

    public int StepTokens { get; init; } = 64;

    /// <summary>Cells of the batch that its sequences cannot have, whatever it says.</summary>
    public int Missing { get; init; }

    public BatchShape? Opened { get; private set; }

    public ISequenceBatch OpenBatch(BatchShape shape)
    {
        Opening(null);
        Opened = shape;
        Interlocked.Increment(ref _live);
        return new Batch(this, shape);
    }

    public IPass OpenPass(PassKind kind)
    {
        Opening(kind);
        lock (Passes)
        {
            Passes.Add(kind);
        }
        Interlocked.Increment(ref _live);
        return new Pass(this);
    }

    public void OnFailure(Action<NativeFailureException> handler) => Failed = handler;

    public void Dispose()
    {
        Assert.Equal(0, _live);
        Disposed = true;
    }

    /// <summary>The row this model makes of tokens: 10 for the next token, the token number over V elsewhere.</summary>
    public float[] Row(IReadOnlyList<int> tokens)
    {
        float[] row = [.. Enumerable.Range(0, Vocabulary).Select(t => t / (float)Vocabulary)];
        row[Next(tokens)] = 10;
        Spoil(row);
        return row;
    }

    /// <summary>Holds what a batch must do and what callers must not: each rule is an assertion.</summary>
    private sealed class Batch : ISequenceBatch
    {
        private readonly ScriptedModel _model;
        private readonly List<(int Token, object Cell)>[] _held;
        private readonly int _owner = Environment.CurrentManagedThreadId;
        private float[][] _rows = [];

        public Batch(ScriptedModel model, BatchShape shape)
        {
            (_model, Sequences, Cells) = (model, shape.Sequences, shape.Cells);
            _held = [.. Enumerable.Range(0, Sequences).Select(_ => new List<(int, object)>())];
            model.CellsInUse = () => Used;
        }

        public int Sequences { get; }

        public int Cells { get; }

        public int StepTokens => _model.StepTokens;

        public bool IsUnified => _model.IsUnified;

        public int SmallestPiece => _model.SmallestPiece;

        private int Used => _held.SelectMany(held => held).Select(one => one.Cell).Distinct().Count();

        public int LengthOf(int sequence) => _held[sequence].Count;

        public bool TryRemove(int sequence, int from)
        {
            Enter();
            if (from < LengthOf(sequence) && from > 0 && !_model.GoesBack)
            {
                return false;
            }
            _held[sequence].RemoveRange(from, Math.Max(0, LengthOf(sequence) - from));
            return true;
        }

        public bool TryShare(int from, int to, int length)
        {
            Enter();
            Assert.Empty(_held[to]);
            Assert.InRange(length, 1, LengthOf(from));
            lock (_model.Shares)
            {
                _model.Shares.Add((from, to, length));
            }
            _held[to].AddRange(IsUnified ? _held[from].Take(length) : _held[from].Take(length).Select(one => (one.Token, new object())));
            return true;
        }

        public StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort)
        {
            Enter();
            int tokens = chunks.Sum(chunk => chunk.Tokens.Length);
            Assert.InRange(tokens, 1, StepTokens);
            Assert.Equal(chunks.Count, chunks.Select(chunk => chunk.Sequence).Distinct().Count());
            lock (_model.Steps)
            {
                _model.Steps.Add([.. chunks]);
            }
            if (IsUnified ? Used + tokens > Cells - _model.Missing : chunks.Any(chunk => LengthOf(chunk.Sequence) + chunk.Tokens.Length > Cells / Sequences))
            {
                return StepOutcome.NoRoom;
            }
            _model.Evaluating(abort);
            _rows = new float[chunks.Count][];
            for (int i = 0; i < chunks.Count; i++)
            {
                List<(int Token, object Cell)> held = _held[chunks[i].Sequence];
                held.AddRange(chunks[i].Tokens.ToArray().Select(token => (token, new object())));
                Assert.True(held.Count <= _model.Card.ContextLength);
                if (chunks[i].WantsRow)
                {
                    _rows[i] = _model.Row([.. held.Select(one => one.Token)]);
                }
            }
            return StepOutcome.Done;
        }

        public ReadOnlySpan<float> Row(int chunk) => _rows[chunk];

        public byte[]? Save(int sequence) =>
            _model.Saves ? System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([.. _held[sequence].Select(one => one.Token)]).ToArray() : null;

        public bool TryRestore(int sequence, byte[] state)
        {
            Enter();
            Assert.Empty(_held[sequence]);
            _held[sequence].AddRange(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(state).ToArray().Select(token => (token, new object())));
            return true;
        }

        public void Dispose()
        {
            Enter();
            Interlocked.Decrement(ref _model._live);
        }

        private void Enter() => Assert.Equal(_owner, Environment.CurrentManagedThreadId);
    }

    private sealed class Pass(ScriptedModel model) : IPass
    {
        private readonly List<int> _tokens = [];
        private readonly int _owner = Environment.CurrentManagedThreadId;

        public void Begin(ReadOnlySpan<int> source, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            _tokens.Clear();
            _tokens.AddRange(source);
        }

        public ReadOnlySpan<float> Continue(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            model.Evaluating(cancellationToken);
            _tokens.AddRange(tokens);
            Assert.True(_tokens.Count <= model.Card.ContextLength);
            return model.Row(_tokens);
        }

        public IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            model.Evaluating(cancellationToken);
            for (int p = first; p < first + count; p++)
            {
                sink(p, model.Row(input.Tokens[..(p + 1)]));
            }
            return [.. input.Activations.Select(name => new Activation(name, "NONE", 0, [1], [42]))];
        }

        public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            model.Evaluating(cancellationToken);
            lock (model.Embedded)
            {
                model.Embedded.Add(inputs.Count);
            }
            for (int i = inputs.Count - 1; i >= 0; i--)
            {
                for (int p = 0; p < (pooling == Pooling.None ? inputs[i].Tokens.Length : 1); p++)
                {
                    float[] row = [inputs[i].Tokens[p], 3, 4];
                    model.Spoil(row);
                    sink(i, p, row);
                }
            }
            return [];
        }

        public void Dispose()
        {
            Assert.Equal(_owner, Environment.CurrentManagedThreadId);
            Interlocked.Decrement(ref model._live);
        }

        private void Enter(CancellationToken cancellationToken)
        {
            Assert.Equal(_owner, Environment.CurrentManagedThreadId);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal sealed class Bytes : ITokenizer
    {
        public int? Bos { get; init; } = Begin;

        public int VocabularySize => Vocabulary;
        public int? BeginningOfSequence => Bos;
        public int? EndOfSequence => End;
        public bool IsEndOfGeneration(int token) => token == End;
        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) =>
            [.. addSpecial && Bos is int bos ? [bos] : Array.Empty<int>(), .. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];
        public ReadOnlyMemory<byte> GetBytes(int token) => token < 256 ? new byte[] { (byte)token } : ReadOnlyMemory<byte>.Empty;
        public string GetPiece(int token) => token.ToString(System.Globalization.CultureInfo.InvariantCulture);
        public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.Where(t => t < 256).Select(t => (byte)t)]);
    }
}
