using Engine.Gguf;
using Engine.Serving;
using ReferenceModels;

namespace Engine.Benchmarks.Measurements;

/// <summary>The managed reference with nothing around it.</summary>
internal sealed class BareReference : IBareModel
{
    private readonly ReferenceModel _model;
    private readonly ISequenceBatch _batch;

    public BareReference(string path, int threads, int contextLength, int sequences = 1, Arithmetic arithmetic = Arithmetic.Exact)
    {
        _model = new ReferenceModel(GgufFile.Open(path), contextLength, threads, arithmetic);
        _batch = _model.OpenBatch(new BatchShape(sequences, sequences * contextLength));
    }

    public int VocabularySize => _model.Card.VocabularySize;

    public int Decode(int[] tokens)
    {
        for (int t = 0; t < tokens.Length; t += _batch.StepTokens)
        {
            int n = Math.Min(_batch.StepTokens, tokens.Length - t);
            _batch.Step([new SequenceChunk(0, tokens.AsMemory(t, n), t + n == tokens.Length)], default);
        }
        return MostProbable(0);
    }

    public int[] Step(int[] tokens, int position)
    {
        _batch.Step([.. tokens.Select((token, sequence) => new SequenceChunk(sequence, new[] { token }, true))], default);
        return [.. Enumerable.Range(0, tokens.Length).Select(MostProbable)];
    }

    public void Cut(int length)
    {
        for (int sequence = 0; sequence < _batch.Sequences; sequence++)
        {
            if (_batch.LengthOf(sequence) > length)
            {
                _batch.TryRemove(sequence, length);
            }
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        _model.Dispose();
    }

    private int MostProbable(int chunk) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(_batch.Row(chunk));
}
