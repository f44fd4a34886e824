namespace Engine;

/// <summary>An <see cref="IModel"/> that hands everything to another one. Derived types change what they need to.</summary>
/// <param name="inner">The model that does the work; disposed with it, unless a derived type says otherwise.</param>
public abstract class DelegatingModel(IModel inner) : IModel
{
    /// <inheritdoc/>
    public virtual ModelCard Card => Inner.Card;

    /// <inheritdoc/>
    public virtual ITokenizer Tokenizer => Inner.Tokenizer;

    /// <summary>The model that does the work.</summary>
    protected IModel Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        Inner.ScoreAsync(request, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        Inner.GenerateAsync(request, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        Inner.EmbedAsync(request, cancellationToken);

    /// <summary>Finds a model of a type: the model itself or one that it delegates to.</summary>
    /// <returns>Null if there is none.</returns>
    internal static T? Find<T>(IModel model) where T : class => model as T ?? (model is DelegatingModel outer ? Find<T>(outer.Inner) : null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ReleaseAsync();
    }

    /// <summary>Called by <see cref="DisposeAsync"/>; disposes the inner model.</summary>
    protected virtual ValueTask ReleaseAsync() => Inner.DisposeAsync();
}
