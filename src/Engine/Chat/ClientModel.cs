namespace Engine.Chat;

/// <summary>The model of a client of Microsoft.Extensions.AI: it may still be loading when the client is made.</summary>
/// <param name="name">Its name in the configuration; null for a model from elsewhere.</param>
/// <param name="lease">Waits for it and holds it; null where it is the caller's, and loaded.</param>
/// <param name="isLoaded">Whether it is loaded; null where it always is.</param>
internal sealed class ClientModel(IModel model, string? name = null, Func<CancellationToken, ValueTask<IModel>>? lease = null, Func<bool>? isLoaded = null)
{
    /// <summary>The provider's name in a client's metadata.</summary>
    public const string Provider = "engine";

    /// <summary>The name that answers carry.</summary>
    public string Id => name ?? model.Card.Name;

    /// <summary>Where a user sets the chat template.</summary>
    public string TemplateSetting => name is null ? $"{nameof(ModelOptions)}.{nameof(ModelOptions.ChatTemplate)}" : $"Engine:Models:{name}:{nameof(ModelOptions.ChatTemplate)}";

    /// <summary>The model's card; null while it is not loaded.</summary>
    public ModelCard? Card => isLoaded?.Invoke() == false ? null : model.Card;

    /// <summary>The loaded model, held as it is until it is let go of.</summary>
    /// <exception cref="EngineException">It could not be loaded.</exception>
    public ValueTask<IModel> LeaseAsync(CancellationToken cancellationToken) => lease?.Invoke(cancellationToken) ?? ValueTask.FromResult<IModel>(new Borrowed(model));

    /// <summary>Refuses a request that asks for another model.</summary>
    /// <param name="doing">Begins the sentence.</param>
    /// <param name="asked">The model that its options name; null for none.</param>
    /// <exception cref="InvalidRequestException">It is another one.</exception>
    public void CheckId(string doing, string? asked)
    {
        if (asked is not null && !string.Equals(asked, Id, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidRequestException($"{doing}: the options ask for the model '{asked}' (ModelId). Leave it out, or take the client of that model.");
        }
    }

    /// <summary>What <c>GetService</c> gives of the model and its client.</summary>
    /// <param name="service">The type asked for.</param>
    /// <param name="key">Its key: nothing has one here.</param>
    /// <param name="metadata">Makes the client's metadata.</param>
    /// <exception cref="InvalidOperationException">The tokenizer was asked for, and the model is not loaded yet.</exception>
    public object? Find<TMetadata>(Type service, object? key, object client, Func<TMetadata> metadata)
    {
        ArgumentNullException.ThrowIfNull(service);
        return key is not null ? null
            : service.IsInstanceOfType(client) ? client
            : service == typeof(TMetadata) ? metadata()
            : service == typeof(IModel) ? model
            : service == typeof(ITokenizer) ? model.Tokenizer
            : null;
    }

    /// <summary>Belongs to who made it.</summary>
    private sealed class Borrowed(IModel model) : DelegatingModel(model)
    {
        protected override ValueTask ReleaseAsync() => ValueTask.CompletedTask;
    }
}
