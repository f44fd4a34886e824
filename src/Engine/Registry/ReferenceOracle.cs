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
        ModelOptions same = options with { Backend = OracleNames.Reference, Device = "cpu", ContextLength = card.ContextLength, Slots = 1, CacheTokens = 0, Gate = null };
        return await backend.LoadAsync(same, cancellationToken: stop).ConfigureAwait(false);
    }
}
