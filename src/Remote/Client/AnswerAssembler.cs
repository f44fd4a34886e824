using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Remote.Protocol;
using Google.Protobuf;

namespace Engine.Remote.Client;

/// <summary>Assembles numeric answers from their parts. A server may send anything: what was not requested is refused before it takes memory.</summary>
/// <param name="card">The model's.</param>
/// <param name="blockRows">The maximum number of rows in a block.</param>
/// <param name="maxDimensions">The maximum length of a row of embeddings.</param>
internal sealed class AnswerAssembler(ModelCard card, int blockRows, int maxDimensions)
{
    /// <summary>How many numbers to allocate room for before they arrive.</summary>
    private const int RoomAhead = 16 << 20;

    private readonly List<Activation> _activations = [];
    private ActivationHead? _activation;
    private BlockHead? _block;
    private EmbeddingsHead? _embeddings;
    private readonly List<float[]> _rows = [];
    private float[] _values = [];
    private long _missing;
    private int _filled;

    /// <summary>Rows that have arrived and belong to no block yet.</summary>
    public IReadOnlyList<Activation> Activations => _activations;

    /// <summary>Whether a part is still to come.</summary>
    public bool IsIncomplete => _activation is not null || _block is not null || _embeddings is not null;

    /// <summary>Takes the next part.</summary>
    /// <returns>What it completes: a <see cref="ScoreBlock"/>, <see cref="Embeddings"/>, or null.</returns>
    /// <exception cref="ProtocolFault">The part is not valid at this point.</exception>
    public object? Add(AnswerPart part)
    {
        if (ReferenceEquals(part, AnswerCalls.Landed))
        {
            return _missing == 0 ? Finish() : null;
        }
        if (part.PartCase == AnswerPart.PartOneofCase.Values ? !IsIncomplete : IsIncomplete)
        {
            throw new ProtocolFault(IsIncomplete ? "values" : "the head of what comes next", part.PartCase.ToString());
        }
        switch (part.PartCase)
        {
            case AnswerPart.PartOneofCase.Activation:
                Begin(part.Activation);
                break;
            case AnswerPart.PartOneofCase.Block:
                Begin(part.Block);
                break;
            case AnswerPart.PartOneofCase.Embeddings:
                Begin(part.Embeddings);
                break;
            case AnswerPart.PartOneofCase.Values:
                Fill(part.Values);
                break;
            default:
                throw new ProtocolFault("a part of an answer", "an empty one");
        }
        return _missing == 0 ? Finish() : null;
    }

    /// <summary>Copies values straight from the connection's buffer to where they belong.</summary>
    /// <param name="values">The bytes of a part's values.</param>
    /// <returns>False if they are not what is expected: then the part is parsed normally.</returns>
    public bool TryLand(in ReadOnlySequence<byte> values)
    {
        long count = values.Length / sizeof(float);
        if (_embeddings is not null || count == 0 || values.Length % sizeof(float) != 0 || count > _missing)
        {
            return false;
        }
        MakeRoom((int)count);
        values.CopyTo(MemoryMarshal.AsBytes(_values.AsSpan(_filled, (int)count)));
        _filled += (int)count;
        _missing -= count;
        return true;
    }

    private void Begin(ActivationHead head)
    {
        long count = 1;
        foreach (long length in head.Shape)
        {
            count = length is > 0 and <= int.MaxValue && count <= Array.MaxLength / length ? count * length : -1;
            if (count < 0)
            {
                break;
            }
        }
        Require(head.Shape.Count > 0 && count == head.Count, "an activation with as many numbers as its shape says", $"{head.Count} for ({string.Join(", ", head.Shape)})");
        _activation = head;
        Expect(count);
    }

    private void Begin(BlockHead head)
    {
        Require(head.Vocabulary == card.VocabularySize, $"rows of {card.VocabularySize} logits", Number(head.Vocabulary));
        Require(head.Rows >= 0 && head.Rows <= Math.Max(1, blockRows), $"a block of at most {blockRows} rows", Number(head.Rows));
        long count = head.HasLogits ? (long)head.Rows * head.Vocabulary : head.HasTargets ? head.Targets : 0;
        Require(head.HasLogits ? head.Logits == count && count <= Array.MaxLength : !head.HasTargets || (count >= 0 && count <= head.Rows), $"the numbers of {head.Rows} rows",
            Number(head.HasLogits ? head.Logits : head.Targets));
        _block = head;
        Expect(count);
    }

    private void Begin(EmbeddingsHead head)
    {
        Require(head.Dimensions >= 0 && head.Dimensions <= maxDimensions, $"rows of at most {maxDimensions} numbers", Number(head.Dimensions));
        Require(head.Rows >= 0 && (head.Rows == 0 || head.Dimensions > 0), "rows", Number(head.Rows));
        (_embeddings, _missing, _filled) = (head, (long)head.Rows * head.Dimensions, 0);
    }

    private void Expect(long count) => (_values, _missing, _filled) = (GC.AllocateUninitializedArray<float>((int)Math.Min(count, RoomAhead)), count, 0);

    private void Fill(ByteString bytes)
    {
        int count = bytes.Length / sizeof(float);
        Require(bytes.Length % sizeof(float) == 0 && count > 0 && count <= _missing, $"up to {_missing} numbers of 4 bytes", $"{bytes.Length} bytes");
        if (_embeddings is { Dimensions: int d })
        {
            _missing -= count;
            FillRows(bytes, d);
            return;
        }
        MakeRoom(count);
        FloatBytes.Copy(bytes, _values.AsSpan(_filled, count));
        _filled += count;
        _missing -= count;
    }

    private void MakeRoom(int count)
    {
        if (_values.Length - _filled < count)
        {
            Array.Resize(ref _values, (int)Math.Min(_filled + _missing, Math.Max(_filled + (long)count, 2L * _values.Length)));
        }
    }

    /// <summary>Each row is a separate array; a part may end in the middle of a row.</summary>
    private void FillRows(ByteString bytes, int d)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(bytes.Span);
        while (values.Length > 0)
        {
            if (_filled == 0)
            {
                _rows.Add(new float[d]);
            }
            ReadOnlySpan<float> some = values[..Math.Min(values.Length, d - _filled)];
            some.CopyTo(_rows[^1].AsSpan(_filled));
            _filled = (_filled + some.Length) % d;
            values = values[some.Length..];
        }
    }

    private object? Finish()
    {
        if (_activation is { } head)
        {
            _activations.Add(Answers.ActivationOf(head, _values));
            (_activation, _values) = (null, []);
            return null;
        }
        if (_block is { } block)
        {
            var finished = new ScoreBlock
            {
                FirstPosition = block.FirstPosition,
                Rows = block.Rows,
                Vocabulary = block.Vocabulary,
                Logits = block.HasLogits ? _values : null,
                TargetLogProbabilities = block.HasTargets ? _values : null,
                TopK = block.HasLogits || block.HasTargets ? null : [.. block.TopK.Select(Answers.Of)],
                Activations = [.. _activations],
            };
            _activations.Clear();
            (_block, _values) = (null, []);
            return finished;
        }
        EmbeddingsHead embeddings = _embeddings!;
        _embeddings = null;
        return new Embeddings([.. _rows], [.. embeddings.TokenCounts], (Pooling)embeddings.Pooling, embeddings.Dimensions) { Activations = [.. _activations] };
    }

    private static void Require(bool holds, string expected, string found)
    {
        if (!holds)
        {
            throw new ProtocolFault(expected, found);
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
