using Engine;
using Engine.Gguf;

namespace ReferenceModels.Weights;

/// <summary>Attaches a file's adapters to a model's weights.</summary>
internal static unsafe class AdapterFile
{
    /// <summary>Gives each adapted weight its adapter.</summary>
    /// <param name="adapter">The adapter; its mapping must live as long as the weights.</param>
    /// <param name="scale">The requested scale; with 0 the weights get no adapter.</param>
    /// <param name="weights">The model's weights.</param>
    /// <exception cref="UnsupportedRequestException">An adapted weight is not a matrix here.</exception>
    public static void Attach(GgufAdapter adapter, float scale, IReadOnlyList<Weight> weights)
    {
        Dictionary<string, Weight> byName = weights.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        foreach (GgufAdapter.Pair pair in adapter.Pairs)
        {
            if (!byName.TryGetValue(pair.Target, out Weight? weight))
            {
                throw new UnsupportedRequestException(
                    $"Loading the adapter {adapter.File.FileName}: the reference backend has no matrix '{pair.Target}' that an adapter could be added to. Use the llama.cpp backend.");
            }
            if (scale != 0)
            {
                int rank = checked((int)pair.Rank);
                weight.Adapt(new LowRank(
                    pair.IsLookedUp ? Factor(weight, pair.A, weight.Rows, rank) : Factor(weight, pair.A, checked(weight.Experts * rank), weight.Columns),
                    Factor(weight, pair.B, pair.IsLookedUp ? weight.Columns : weight.Rows, rank),
                    GgufAdapter.Scale(scale, adapter.Alpha, pair.Rank)));
            }
        }

        Weight Factor(Weight of, GgufTensor tensor, int rows, int columns) => Weight.Frozen(tensor.Name, tensor.Type, rows, columns, adapter.File.GetPointer(tensor), of.Experts);
    }
}
