using Engine.LlamaCpp.Memory;

namespace Engine.LlamaCpp;

/// <summary>Tracks how many tokens each sequence of a context holds, and so the position of the next one. Both bindings take their positions and counts
/// from here. Whatever llama.cpp would silently accept although it is wrong, or end the process over, is refused.</summary>
/// <remarks>Measured in v0.5.0, with a cache that all sequences share: it accepts ids up to 255 however many sequences were requested, repeated positions,
/// and gaps between positions. It ends the process over removing or sharing from 256 on, more tokens than <c>n_batch</c>, more rows than
/// <c>n_outputs_max</c>, fewer rows than sequences, and sharing in part if each sequence has its own cells.</remarks>
internal sealed class SequenceLedger
{
    private readonly ContextShape _shape;
    private readonly int[] _lengths;
    private readonly int[] _planned;
    private readonly LlamaToken[] _tokens;
    private int _count;
    private int _rows;

    /// <param name="shape">The context's.</param>
    /// <exception cref="InvalidOperationException">llama.cpp would end the process over a context of this shape.</exception>
    public SequenceLedger(ContextShape shape)
    {
        if (shape.Sequences is < 1 or > ContextShape.MaxSequences)
        {
            throw Misuse($"from 1 to {ContextShape.MaxSequences} sequences", $"{shape.Sequences}");
        }
        if (shape.Batch < 1 || shape.Batch > shape.Cells)
        {
            throw Misuse($"calls of 1 to {shape.Cells} tokens, the cells there are", $"calls of {shape.Batch}");
        }
        if (shape.MicroBatch > shape.Batch)
        {
            throw Misuse($"at most {shape.Batch} tokens at once, the tokens of a call", $"{shape.MicroBatch}");
        }
        if (shape.Outputs < shape.Sequences)
        {
            throw Misuse($"room for a row of each of {shape.Sequences} sequences", $"room for {shape.Outputs}");
        }
        _shape = shape;
        _lengths = new int[shape.Sequences];
        _planned = new int[shape.Sequences];
        _tokens = new LlamaToken[shape.Batch];
    }

    /// <summary>The tokens of the call that is being planned.</summary>
    public ReadOnlySpan<LlamaToken> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>Tokens that a sequence holds.</summary>
    public int LengthOf(int sequence)
    {
        RequireSequence(sequence);
        return _lengths[sequence];
    }

    /// <summary>Begins the plan of a call.</summary>
    public void Begin()
    {
        Array.Clear(_planned);
        _count = _rows = 0;
    }

    /// <summary>Plans tokens after those a sequence holds.</summary>
    /// <param name="sequence">One that is not in the plan.</param>
    /// <param name="tokens">At least one.</param>
    /// <param name="rows">How many of the last of them give a row.</param>
    /// <returns>The index of the first of them in the call.</returns>
    /// <exception cref="InvalidOperationException">They do not fit the context or the call.</exception>
    public int Add(int sequence, ReadOnlySpan<int> tokens, int rows)
    {
        RequireSequence(sequence);
        if (_planned[sequence] > 0)
        {
            throw Misuse("each sequence once in a call", $"sequence {sequence} again");
        }
        if (tokens.Length < 1 || tokens.Length > _tokens.Length - _count)
        {
            throw Misuse($"1 to {_tokens.Length} tokens in a call", $"{_count + tokens.Length}");
        }
        if (tokens.Length > _shape.Length - _lengths[sequence])
        {
            throw Misuse($"at most {_shape.Length} tokens in a sequence", $"{_lengths[sequence] + tokens.Length}");
        }
        int counted = _shape.Embeds ? tokens.Length : rows; // embeddings count for every token, requested or not
        if (rows < 0 || rows > tokens.Length || counted > _shape.Outputs - _rows)
        {
            throw Misuse($"at most {_shape.Outputs} rows in a call, and one of a token", $"{_rows + counted}");
        }
        int first = _count;
        for (int i = 0; i < tokens.Length; i++)
        {
            _tokens[_count++] = new LlamaToken(tokens[i], _lengths[sequence] + i, sequence, i >= tokens.Length - rows);
        }
        _planned[sequence] = tokens.Length;
        _rows += counted;
        return first;
    }

    /// <summary>Notes that the call has succeeded, so that the sequences hold what was planned.</summary>
    public void Commit()
    {
        for (int sequence = 0; sequence < _lengths.Length; sequence++)
        {
            _lengths[sequence] += _planned[sequence];
        }
    }

    /// <summary>Notes that the call was aborted midway.</summary>
    /// <param name="lengthOf">What a sequence holds according to llama.cpp.</param>
    public void Read(Func<int, int> lengthOf)
    {
        for (int sequence = 0; sequence < _lengths.Length; sequence++)
        {
            if (_planned[sequence] > 0)
            {
                _lengths[sequence] = lengthOf(sequence);
            }
        }
    }

    /// <summary>Notes that a sequence now holds another number of tokens.</summary>
    public void Set(int sequence, int length) => _lengths[sequence] = length;

    /// <summary>Notes that all sequences are empty.</summary>
    public void Clear() => Array.Clear(_lengths);

    /// <exception cref="InvalidOperationException">The sequence does not hold tokens up to there.</exception>
    public void CheckRemoval(int sequence, int from)
    {
        if (from < 0 || from > LengthOf(sequence))
        {
            throw Misuse($"a position from 0 to {LengthOf(sequence)}, where sequence {sequence} ends", $"{from}");
        }
    }

    /// <exception cref="InvalidOperationException">One does not hold that many tokens, or the other holds some.</exception>
    public void CheckSharing(int from, int to, int length)
    {
        RequireEmpty(to);
        if (length < 1 || length > LengthOf(from))
        {
            throw Misuse($"1 to {LengthOf(from)} tokens, which sequence {from} holds", $"{length}");
        }
    }

    /// <exception cref="InvalidOperationException">The sequence holds tokens.</exception>
    public void RequireEmpty(int sequence)
    {
        if (LengthOf(sequence) > 0)
        {
            throw Misuse($"an empty sequence {sequence}", $"one of {LengthOf(sequence)} tokens");
        }
    }

    private void RequireSequence(int sequence)
    {
        if ((uint)sequence >= (uint)_lengths.Length)
        {
            throw Misuse($"a sequence from 0 to {_lengths.Length - 1}", $"{sequence}");
        }
    }

    private static InvalidOperationException Misuse(string expected, string found) =>
        new($"Using a context of llama.cpp: expected {expected}, found {found}.");
}
