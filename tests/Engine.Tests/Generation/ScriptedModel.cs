using System.Text;
using Engine.Generation;

namespace Engine.Tests.Generation;

/// <summary>A model in a few lines: tokens are bytes (V = 258, two of them special), and the next token is what a script
/// says of the tokens so far. What is tested over it is what stands above the seam.</summary>
internal sealed class ScriptedModel : ILoadedModel
{
    public const int Begin = 256, End = 257, Vocabulary = 258;

    private int _sessions;

    /// <summary>All tokens so far, prompt included → the next one. Default: the answer "ok" and the end.</summary>
    public Func<IReadOnlyList<int>, int> Next { get; init; } = tokens => tokens[^1] switch { 'o' => 'k', 'k' => End, _ => 'o' };

    /// <summary>Runs at the beginning of every evaluation, on the owner thread.</summary>
    public Action<CancellationToken> Evaluating { get; set; } = _ => { };

    /// <summary>Changes a finished row of logits.</summary>
    public Action<float[]> Spoil { get; set; } = _ => { };

    public Action<SessionKind> Creating { get; set; } = _ => { };

    public Action<NativeFailureException>? Failed { get; private set; }

    public List<SessionKind> Created { get; } = [];

    public int Live => _sessions;

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
        Abilities = ModelAbilities.Score | ModelAbilities.Generate | ModelAbilities.Embed,
    };

    public ITokenizer Tokenizer { get; init; } = new Bytes();

    public ISession CreateSession(SessionKind kind)
    {
        Creating(kind);
        lock (Created)
        {
            Created.Add(kind);
        }
        Interlocked.Increment(ref _sessions);
        return new Session(this);
    }

    public void OnFailure(Action<NativeFailureException> handler) => Failed = handler;

    public void Dispose()
    {
        Assert.Equal(0, _sessions);
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

    private sealed class Session(ScriptedModel model) : ISession
    {
        private readonly List<int> _tokens = [];
        private readonly int _owner = Environment.CurrentManagedThreadId;

        public int Length => _tokens.Count;

        public void Clear() => _tokens.Clear();

        public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            _tokens.AddRange(tokens);
            Assert.True(Length <= model.Card.ContextLength);
            return model.Row(_tokens);
        }

        public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            Clear();
            _tokens.AddRange(source);
        }

        public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, RowSink sink, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            int[] all = evaluation.Tokens;
            for (int p = first; p < first + count; p++)
            {
                sink(p, model.Row(all[..(p + 1)]));
            }
            return [.. evaluation.Activations.Select(name => new Activation(name, "NONE", 0, [1], [42]))];
        }

        public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, RowSink sink, CancellationToken cancellationToken)
        {
            Enter(cancellationToken);
            for (int i = 0; i < (pooling == Pooling.None ? evaluation.Tokens.Length : 1); i++)
            {
                sink(i, [evaluation.Tokens[i], 3, 4]);
            }
            return [];
        }

        public void Dispose()
        {
            Assert.Equal(_owner, Environment.CurrentManagedThreadId);
            Interlocked.Decrement(ref model._sessions);
        }

        private void Enter(CancellationToken cancellationToken)
        {
            Assert.Equal(_owner, Environment.CurrentManagedThreadId);
            cancellationToken.ThrowIfCancellationRequested();
            model.Evaluating(cancellationToken);
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
