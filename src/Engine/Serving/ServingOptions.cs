namespace Engine.Serving;

/// <summary>How the requests of one model share it.</summary>
public sealed record ServingOptions
{
    /// <summary>Generations that run side by side.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>The number of tokens that all of them hold together; 0 for Slots times the context length.</summary>
    public int CacheTokens { get; init; }

    /// <summary>Requests that may wait; one more is refused with <see cref="QueueFullException"/>.</summary>
    public int Queue { get; init; } = 256;

    /// <summary>How long a reader that takes nothing may keep a place that others wait for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>As <see cref="ModelOptions.ChatTemplate"/>.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The model's name in metrics; null for the name of its card.</summary>
    internal string? Name { get; init; }

    /// <summary>As <see cref="ModelOptions.ThreadBegins"/>.</summary>
    internal Action? ThreadBegins { get; init; }

    /// <summary>The batch that a model's generations share.</summary>
    public BatchShape ShapeFor(ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        return ShapeFor(card.ContextLength);
    }

    /// <summary>The same, before the model is loaded.</summary>
    internal BatchShape ShapeFor(int contextLength) => new(Slots, CacheTokens > 0 ? CacheTokens : (int)Math.Min(int.MaxValue, (long)Slots * contextLength));

    /// <summary>The serving options of a configured model.</summary>
    public static ServingOptions Of(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new() { Slots = options.Slots, CacheTokens = options.CacheTokens, Queue = options.Queue, ChatTemplate = options.ChatTemplate, Name = options.Name, ThreadBegins = options.ThreadBegins };
    }
}
