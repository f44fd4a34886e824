using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp;

/// <summary>A context of llama.cpp with the checks that native code lacks, whichever binding makes its calls. Used by one thread only.</summary>
internal sealed unsafe class LlamaContext : IDisposable
{
    private readonly LlamaModel _model;
    private readonly ContextShape _shape;
    private readonly SequenceLedger _ledger;
    private readonly NativeGuard _guard;
    private readonly ILlamaCalls _calls;
    private int _source;
    private GCHandle _self;
    private CancellationToken _cancellation;
    private NativeLogListener? _aborting;
    private int _thread;
    private volatile bool _computes;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <param name="open">Makes it in native code; null if llama.cpp refuses.</param>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    public LlamaContext(LlamaModel model, ContextShape shape, Func<ContextShape, AbortHook, ILlamaCalls?> open)
    {
        (_model, _shape, _ledger) = (model, shape, new SequenceLedger(shape));
        _guard = new NativeGuard(reason => _model.Fail(reason, _computes));
        _self = GCHandle.Alloc(this);
        using var log = NativeLog.Listen();
        try
        {
            using var scope = _guard.Inside();
            _calls = open(shape, new AbortHook((nint)(delegate* unmanaged[Cdecl]<nint, byte>)&OnNode, GCHandle.ToIntPtr(_self))) ?? throw new EngineException(
                $"Making a context of {shape.Cells} tokens for {_model.Card.Name}: llama.cpp refuses: {log.Reason}. Try a smaller context length.");
        }
        catch
        {
            FreeCallback();
            throw;
        }
    }

    /// <summary>What it was made for.</summary>
    public ContextShape Shape => _shape;

    /// <summary>Tokens that sequence 0 holds.</summary>
    public int Length => _ledger.LengthOf(0);

    /// <summary>The maximum number of tokens of one call.</summary>
    public int Batch => _shape.Batch;

    /// <summary>Whether a source comes before the tokens.</summary>
    public bool Encodes => _shape.Encodes;

    /// <summary>Tokens that a sequence holds.</summary>
    public int LengthOf(int sequence) => _ledger.LengthOf(sequence);

    /// <summary>Forgets all sequences, and the source.</summary>
    public void Clear()
    {
        _ledger.Clear();
        _source = 0;
        using var scope = _guard.Inside();
        _calls.Clear();
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
        Begin();
        Add(0, source, source.Length);
        Complete(encode: true, cancellationToken);
        _source = source.Length;
    }

    /// <summary>Evaluates up to <see cref="Batch"/> tokens after those that sequence 0 holds.</summary>
    /// <param name="tokens">At least one.</param>
    /// <param name="outputs">How many of the last of them give a row.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then.</exception>
    public void Evaluate(ReadOnlySpan<int> tokens, int outputs, CancellationToken cancellationToken)
    {
        Begin();
        Add(0, tokens, outputs);
        Evaluate(cancellationToken);
    }

    /// <summary>Begins the plan of a call.</summary>
    public void Begin() => _ledger.Begin();

    /// <summary>Plans tokens of a sequence.</summary>
    /// <returns>The index of the first of them, for its row.</returns>
    /// <inheritdoc cref="SequenceLedger.Add"/>
    public int Add(int sequence, ReadOnlySpan<int> tokens, int rows) => _ledger.Add(sequence, tokens, rows);

    /// <summary>Evaluates what was planned.</summary>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then, as after every other error.</exception>
    public void Evaluate(CancellationToken cancellationToken) => Complete(encode: false, cancellationToken);

    /// <summary>Evaluates what was planned. Afterwards <see cref="LengthOf"/> is right for all sequences, whether or not it succeeded.</summary>
    /// <returns>llama.cpp's status: 0 success, 1 no room, 2 aborted, negative for an error.</returns>
    /// <exception cref="OperationCanceledException">It was not begun.</exception>
    public int Step(CancellationToken cancellationToken)
    {
        // llama.cpp would end the process.
        if (Encodes && _source == 0)
        {
            throw new InvalidOperationException($"{_ledger.Tokens.Length} tokens were given to a context that takes a source first.");
        }
        int status = Compute(encode: false, cancellationToken);
        if (status == 0)
        {
            _ledger.Commit();
        }
        else if (status != 1)
        {
            using var scope = _guard.Inside();
            _ledger.Read(sequence => _calls.LastPosition(sequence) + 1); // finished micro-batches stay
        }
        return status;
    }

    /// <summary>Removes the tokens of a sequence from a position on.</summary>
    /// <returns>Whether they are gone.</returns>
    public bool Remove(int sequence, int from)
    {
        _ledger.CheckRemoval(sequence, from);
        using var scope = _guard.Inside();
        return _calls.Remove(sequence, from) && Holds(sequence, from);
    }

    /// <summary>Makes an empty sequence begin with the first tokens of another.</summary>
    /// <returns>Whether it does; it is empty otherwise.</returns>
    public bool Share(int from, int to, int length)
    {
        _ledger.CheckSharing(from, to, length);
        using var scope = _guard.Inside();
        bool whole = !_shape.IsUnified;
        _calls.Share(from, to, whole ? -1 : length);
        bool shared = (!whole || length == _ledger.LengthOf(from) || _calls.Remove(to, length)) && Holds(to, length);
        if (!shared)
        {
            // A state that cannot be truncated, such as a recurrent one, is copied whole or not at all.
            _calls.Remove(to, 0);
            Holds(to, 0);
        }
        return shared;
    }

    /// <summary>A copy of what a sequence holds.</summary>
    /// <param name="header">Bytes left free at the beginning.</param>
    /// <returns>Null if it is empty, or llama.cpp makes none.</returns>
    public byte[]? Save(int sequence, int header)
    {
        using var scope = _guard.Inside();
        return _ledger.LengthOf(sequence) > 0 ? _calls.SaveState(sequence, header) : null;
    }

    /// <summary>Puts a copy into an empty sequence.</summary>
    /// <param name="length">Tokens that the copy holds.</param>
    /// <param name="state">A state of a context of this shape and model, unchanged, because llama.cpp trusts it.</param>
    /// <returns>Whether it was restored; otherwise the sequence is empty.</returns>
    public bool Restore(int sequence, int length, ReadOnlySpan<byte> state)
    {
        _ledger.RequireEmpty(sequence);
        using var scope = _guard.Inside();
        return _calls.RestoreState(sequence, state) && Holds(sequence, length);
    }

    /// <summary>The row of logits (V) of a token of the last call, by its index there. Valid until the next.</summary>
    public ReadOnlySpan<float> Logits(int token) => new(LogitsAt(token), _model.Card.VocabularySize);

    /// <summary>The address of that row.</summary>
    public float* LogitsAt(int token)
    {
        using var scope = _guard.Inside();
        return Required(_calls.Logits(token), _model.Card.VocabularySize);
    }

    /// <summary>The row (d) after the final norm of a token of the last call. Valid until the next.</summary>
    public ReadOnlySpan<float> Embedding(int token)
    {
        using var scope = _guard.Inside();
        return new(Required(_calls.Embedding(token), _model.EmbeddingWidth), _model.EmbeddingWidth);
    }

    /// <summary>The row (d) after the encoder's final norm of a token of the source. Valid until the next evaluation.</summary>
    public ReadOnlySpan<float> SourceRow(int token)
    {
        using var scope = _guard.Inside();
        float* rows = Required((uint)token < (uint)_source ? _calls.SourceRows() : null, _model.EmbeddingWidth);
        return new(rows + (long)token * _model.EmbeddingWidth, _model.EmbeddingWidth);
    }

    /// <summary>The classifier's scores of a sequence of the last call. Valid until the next.</summary>
    public ReadOnlySpan<float> Scores(int sequence = 0)
    {
        using var scope = _guard.Inside();
        return new(Required(_calls.PooledRow(sequence), _model.ClassifierWidth), _model.ClassifierWidth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls.Dispose();
        FreeCallback();
    }

    // The length is read back, because an architecture's memory may not do exactly what was requested.
    private bool Holds(int sequence, int length)
    {
        int held = _calls.LastPosition(sequence) + 1;
        _ledger.Set(sequence, held);
        return held == length;
    }

    private void Complete(bool encode, CancellationToken cancellationToken)
    {
        int status;
        try
        {
            status = encode ? Compute(encode, cancellationToken) : Step(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Clear();
            throw;
        }
        if (status != 0)
        {
            Clear();
            cancellationToken.ThrowIfCancellationRequested();
            throw Refusal(status, encode ? "llama_encode" : "llama_decode");
        }
    }

    /// <summary>The error for a status other than 0.</summary>
    public EngineException Refusal(int status, string call = "llama_decode") => new(
        $"Evaluating {_ledger.Tokens.Length} tokens with {_model.Card.Name}: {call} returned {status}. llama.cpp's log has the reason; the request can be sent again.");

    private int Compute(bool encode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _model.TakeTurn(cancellationToken); // before entering native code, so that waiting is not mistaken for a stuck computation
        _computes = true;
        try
        {
            (_cancellation, _thread) = (cancellationToken, Environment.CurrentManagedThreadId);
            using var scope = _guard.Inside();
            int status = encode ? _calls.Encode(_ledger.Tokens) : _calls.Decode(_ledger.Tokens);
            _calls.Synchronize(); // a device continues after the call returns, and the turn must cover the whole computation
            return status;
        }
        finally
        {
            _cancellation = default;
            _aborting?.Dispose();
            _aborting = null;
            _computes = false;
            _model.LeaveTurn();
        }
    }

    private void FreeCallback()
    {
        _guard.Dispose();
        _self.Free();
    }

    private float* Required(float* row, int width) => row is not null ? row : throw new EngineException(
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
            context._aborting ??= NativeLog.Listen(); // the errors that llama.cpp logs from here on are caused by the abort
        }
        return 1;
    }
}
