namespace Engine.Chat;

/// <summary>The model of a Microsoft.Extensions.AI client. It may still be loading when the client is created.</summary>
/// <param name="name">Its name in the configuration; null if it is not configured there.</param>
/// <param name="lease">Waits until it is loaded and leases it; null if the caller owns it and it is loaded.</param>
/// <param name="isLoaded">Whether it is loaded; null if it always is.</param>
internal sealed class ClientModel(IModel model, string? name = null, Func<CancellationToken, ValueTask<IModel>>? lease = null, Func<bool>? isLoaded = null)
{
    /// <summary>The provider's name in a client's metadata.</summary>
    public const string Provider = "engine";

    /// <summary>The model name in answers.</summary>
    public string Id => name ?? model.Card.Name;

    /// <summary>The setting for the chat template.</summary>
    public string TemplateSetting => name is null ? $"{nameof(ModelOptions)}.{nameof(ModelOptions.ChatTemplate)}" : $"Engine:Models:{name}:{nameof(ModelOptions.ChatTemplate)}";

    /// <summary>The model's card; null while it is not loaded.</summary>
    public ModelCard? Card => isLoaded?.Invoke() == false ? null : model.Card;

    /// <summary>Leases the loaded model.</summary>
    /// <exception cref="EngineException">It could not be loaded.</exception>
    public ValueTask<IModel> LeaseAsync(CancellationToken cancellationToken) => lease?.Invoke(cancellationToken) ?? ValueTask.FromResult<IModel>(new Borrowed(model));

    /// <summary>Refuses a request for another model.</summary>
    /// <param name="doing">The beginning of the message.</param>
    /// <param name="asked">The model that its options name; null for none.</param>
    /// <exception cref="InvalidRequestException">It is another model.</exception>
    public void CheckId(string doing, string? asked)
    {
        if (asked is not null && !string.Equals(asked, Id, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidRequestException($"{doing}: the options ask for the model '{asked}' (ModelId). Leave it out, or take the client of that model.");
        }
    }

    /// <summary>The services of the model and its client.</summary>
    /// <param name="service">The type asked for.</param>
    /// <param name="key">Its key; no service has one here.</param>
    /// <param name="metadata">Makes the client's metadata.</param>
    /// <exception cref="InvalidOperationException">The tokenizer was requested before the model was loaded.</exception>
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

    /// <summary>Does nothing, because the model belongs to whoever created it.</summary>
    private sealed class Borrowed(IModel model) : DelegatingModel(model)
    {
        protected override ValueTask ReleaseAsync() => ValueTask.CompletedTask;
    }
}
