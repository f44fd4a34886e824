namespace Engine.Configuration;

/// <summary>A low-rank adapter that a model is loaded with.</summary>
public sealed class AdapterOptions
{
    /// <summary>Path of the adapter's GGUF file, made for the model.</summary>
    public string Path { get; set; } = "";

    /// <summary>What the adapter's part of each product is multiplied by; 0 leaves the model as it is.</summary>
    /// <value>The default is 1.</value>
    public float Scale { get; set; } = 1;
}
