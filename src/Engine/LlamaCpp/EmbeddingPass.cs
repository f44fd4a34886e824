using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Embeds on one context, as many inputs in one evaluation as it has sequences; another context is made when the classifier's
/// scores are requested.</summary>
internal sealed class EmbeddingPass(LlamaModel model, Numerics numerics) : IPass
{
    private LlamaContext? _rows;
    private LlamaContext? _ranks;

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
    {
        LlamaContext context = pooling == Pooling.Rank ? _ranks ??= model.CreateRankContext(numerics) : _rows ??= model.CreateContext(model.Shapes.Embedding(numerics));
        var rows = new PooledRows(context, model.EmbeddingWidth, pooling, sink);
        foreach (int[] group in PackedInputs.Of(inputs, context.Shape))
        {
            rows.Read(inputs, group, cancellationToken);
        }
        return [];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows?.Dispose();
        _ranks?.Dispose();
    }
}
