using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.LlamaCpp;

/// <summary>A context of llama.cpp of one sequence, with the checks that native code lacks, whichever binding makes its calls.
/// One thread's alone.</summary>
internal abstract unsafe class LlamaContext : IDisposable
{
    private readonly LlamaModel _model;
    private readonly NativeGuard _guard;
    private int _source;
    private GCHandle _self;
    private CancellationToken _cancellation;
    private NativeLogListener? _aborting;
    private int _thread;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    protected LlamaContext(LlamaModel model, ContextShape shape)
    {
        (_model, Batch, Encodes) = (model, shape.Batch, shape.Encodes);
        _guard = new NativeGuard(reason => Fail(reason));
        _self = GCHandle.Alloc(this);
    }

    /// <summary>Tokens evaluated so far.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens of one call of <see cref="Evaluate"/> at the most.</summary>
    public int Batch { get; }

    /// <summary>Whether a source comes before the tokens.</summary>
    public bool Encodes { get; }

    /// <summary><c>llama_context_params.abort_callback</c>: called between the nodes of the graph, some hundred times per evaluation.</summary>
    protected static delegate* unmanaged[Cdecl]<nint, byte> AbortCallback => &OnNode;

    /// <summary>Its user data.</summary>
    protected nint AbortCallbackData => GCHandle.ToIntPtr(_self);

    /// <summary>Forgets the tokens, and the source.</summary>
    public void Clear()
    {
        Length = _source = 0;
        ClearMemory();
    }

    /// <summary>Clears, and evaluates the source of an encoder–decoder, in one piece: every token attends to all.</summary>
    /// <param name="source">One token to <see cref="Batch"/>.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then.</exception>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        // On a decoder-only model llama_encode ends the process, as does a source of more tokens than a micro-batch.
        if (!Encodes || source.Length > Batch)
        {
            throw new InvalidOperationException($"A source of {source.Length} tokens was given to a context that encodes {(Encodes ? Batch : 0)}.");
        }
        Clear();
        Compute(source, source.Length, encode: true, cancellationToken);
        _source = source.Length;
    }

    /// <summary>Evaluates up to <see cref="Batch"/> tokens behind those before.</summary>
    /// <param name="tokens">At least one.</param>
    /// <param name="outputs">How many of the last of them give a row.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then.</exception>
    public void Evaluate(ReadOnlySpan<int> tokens, int outputs, CancellationToken cancellationToken)
    {
        // llama.cpp would end the process.
        if ((Encodes && _source == 0) || tokens.Length > Batch)
        {
            throw new InvalidOperationException(
                $"{tokens.Length} tokens were given to a context that takes {(tokens.Length > Batch ? $"{Batch} at once" : "a source first")}.");
        }
        Compute(tokens, outputs, encode: false, cancellationToken);
        Length += tokens.Length;
    }

    /// <summary>The row of logits (V) of a token of the last evaluation; -1 for its last. Valid until the next.</summary>
    public ReadOnlySpan<float> Logits(int token)
    {
        using var scope = _guard.Inside(); // on a GPU the computation may still go on until here
        return Row(LogitsOf(token), _model.Card.VocabularySize);
    }

    /// <summary>The row (d) behind the final norm of a token of the last evaluation. Valid until the next.</summary>
    public ReadOnlySpan<float> Embedding(int token)
    {
        using var scope = _guard.Inside();
        return Row(EmbeddingOf(token), _model.EmbeddingWidth);
    }

    /// <summary>The row (d) behind the encoder's final norm of a token of the source. Valid until the next evaluation.</summary>
    public ReadOnlySpan<float> SourceRow(int token)
    {
        using var scope = _guard.Inside();
        float* rows = (uint)token < (uint)_source ? SourceRows() : null;
        return Row(Span(rows is null ? null : rows + (long)token * _model.EmbeddingWidth, _model.EmbeddingWidth), _model.EmbeddingWidth);
    }

    /// <summary>The classifier's scores. Valid until the next evaluation.</summary>
    public ReadOnlySpan<float> Scores()
    {
        using var scope = _guard.Inside();
        return Row(ScoresOfAll(), _model.ClassifierWidth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        Forget();
    }

    /// <summary>Runs native code that makes the context.</summary>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    protected T Make<T>(int length, Func<T> make) where T : SafeHandle
    {
        using var log = NativeLog.Listen();
        try
        {
            using var scope = _guard.Inside();
            T handle = make();
            return !handle.IsInvalid ? handle : throw new EngineException(
                $"Making a context of {length} tokens for {_model.Card.Name}: llama.cpp refuses: {log.Reason}. Try a smaller context length.");
        }
        catch
        {
            Forget();
            throw;
        }
    }

    /// <summary>Called on the thread on which native code failed.</summary>
    protected virtual void Fail(string reason) => _model.Fail(reason);

    /// <summary>Waits until this context may compute.</summary>
    protected virtual void TakeTurn(CancellationToken cancellationToken) { }

    /// <summary>Lets others compute.</summary>
    protected virtual void LeaveTurn() { }

    /// <summary>No row where llama.cpp gives none.</summary>
    protected static ReadOnlySpan<float> Span(float* row, int width) => row is null ? [] : new ReadOnlySpan<float>(row, width);

    /// <summary><c>llama_memory_clear</c>.</summary>
    protected abstract void ClearMemory();

    /// <summary><c>llama_encode</c> or <c>llama_decode</c> of tokens behind those before.</summary>
    /// <returns>llama.cpp's status: 0 for success.</returns>
    protected abstract int Run(ReadOnlySpan<int> tokens, int outputs, bool encode);

    /// <summary><c>llama_get_logits_ith</c>.</summary>
    protected abstract ReadOnlySpan<float> LogitsOf(int token);

    /// <summary><c>llama_get_embeddings_ith</c>.</summary>
    protected abstract ReadOnlySpan<float> EmbeddingOf(int token);

    /// <summary><c>llama_get_embeddings</c>.</summary>
    protected abstract float* SourceRows();

    /// <summary><c>llama_get_embeddings_seq</c>.</summary>
    protected abstract ReadOnlySpan<float> ScoresOfAll();

    /// <summary>Frees the context.</summary>
    protected abstract void Release();

    private void Compute(ReadOnlySpan<int> tokens, int outputs, bool encode, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            int status = RunInTurn(tokens, outputs, encode, cancellationToken);
            if (status != 0)
            {
                Clear();
                cancellationToken.ThrowIfCancellationRequested();
                throw new EngineException(
                    $"Evaluating {tokens.Length} tokens with {_model.Card.Name}: {(encode ? "llama_encode" : "llama_decode")} returned {status}. llama.cpp's log has the reason; the request can be sent again.");
            }
        }
        catch (OperationCanceledException)
        {
            Clear();
            throw;
        }
    }

    private int RunInTurn(ReadOnlySpan<int> tokens, int outputs, bool encode, CancellationToken cancellationToken)
    {
        TakeTurn(cancellationToken); // not yet inside: who waits must not be taken for one whose computation is stuck
        try
        {
            (_cancellation, _thread) = (cancellationToken, Environment.CurrentManagedThreadId);
            using var scope = _guard.Inside();
            return Run(tokens, outputs, encode);
        }
        finally
        {
            _cancellation = default;
            _aborting?.Dispose();
            _aborting = null;
            LeaveTurn();
        }
    }

    private void Forget()
    {
        _guard.Dispose();
        _self.Free();
    }

    private ReadOnlySpan<float> Row(ReadOnlySpan<float> row, int width) =>
        row.Length >= width && !Unsafe.IsNullRef(ref MemoryMarshal.GetReference(row)) ? row[..width] : throw new EngineException(
            $"Reading a result of {_model.Card.Name}: expected a row of {width} numbers, llama.cpp has none for this token.");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnNode(nint data)
    {
        var context = Unsafe.As<LlamaContext>(GCHandle.FromIntPtr(data).Target!);
        context._guard.Beat();
        if (!context._cancellation.IsCancellationRequested)
        {
            return 0;
        }
        if (context._thread == Environment.CurrentManagedThreadId)
        {
            context._aborting ??= NativeLog.Listen(); // what llama.cpp logs as errors from here on was asked for
        }
        return 1;
    }
}
