namespace Engine;

/// <summary>A low-rank adapter that a model is loaded with.</summary>
public sealed record AdapterOptions
{
    /// <summary>Path of the adapter's GGUF file, made for the model.</summary>
    public string Path { get; init; } = "";

    /// <summary>The factor of the adapter's contribution; 0 leaves the model unchanged.</summary>
    /// <value>The default is 1.</value>
    public float Scale { get; init; } = 1;
}
