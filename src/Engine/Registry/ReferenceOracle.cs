namespace Engine.Registry;

/// <summary>The managed reference on the file of another model.</summary>
internal static class ReferenceOracle
{
    /// <summary>Loads it.</summary>
    /// <param name="backends">One of them is the managed reference.</param>
    /// <param name="options">What the other model was loaded with.</param>
    /// <param name="card">The other model's.</param>
    /// <param name="stop">Cancels loading.</param>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    public static async Task<IModel> LoadAsync(IEnumerable<IModelBackend> backends, ModelOptions options, ModelCard card, CancellationToken stop)
    {
        IModelBackend backend = backends.Last(backend => OracleNames.IsReference(backend.Name));
        return await backend.LoadAsync(Beside(options, card), cancellationToken: stop).ConfigureAwait(false);
    }

    /// <summary>What the reference is loaded with. Its judgement is exact, whatever arithmetic the other model serves in.</summary>
    /// <param name="options">What the other model was loaded with.</param>
    /// <param name="card">The other model's.</param>
    public static ModelOptions Beside(ModelOptions options, ModelCard card) => options with
    {
        Backend = OracleNames.Reference,
        Device = "cpu",
        Arithmetic = Arithmetic.Exact,
        ContextLength = card.ContextLength,
        Slots = 1,
        CacheTokens = 0,
        Gate = null,
    };
}
