using Engine;
using Engine.Serving;
using ReferenceModels.Ops;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace ReferenceModels;

/// <summary>Makes one row of an input's token rows, or hands them all out.</summary>
/// <param name="pooling">Any but <see cref="Pooling.Rank"/>, which is a model's own.</param>
/// <param name="d">Width of a row.</param>
/// <param name="tokens">T, number of rows there will be.</param>
/// <param name="sink">Receives the result.</param>
internal sealed class RowPooling(Pooling pooling, int d, int tokens, RowSink sink)
{
    private readonly float[] _sum = new float[d];
    private int _position;

    /// <summary>Takes the next rows (…, d).</summary>
    public void Add(Tensor rows)
    {
        for (int i = 0; i < rows.Rows; i++, _position++)
        {
            switch (pooling)
            {
                case Pooling.None:
                    sink(_position, rows.Row(i));
                    break;
                case Pooling.Cls when _position == 0:
                case Pooling.Last when _position == tokens - 1:
                    sink(0, rows.Row(i));
                    break;
                case Pooling.Mean:
                    TensorPrimitives.Add(_sum, rows.Row(i), _sum);
                    break;
            }
        }
    }

    /// <summary>Says that all rows were added.</summary>
    public void Finish()
    {
        if (pooling == Pooling.Mean)
        {
            TensorPrimitives.Divide(_sum, tokens, _sum);
            sink(0, _sum);
        }
    }
}
