using Engine.Shadow;

namespace Engine.Registry;

/// <summary>The options of the configuration section <c>Engine</c>.</summary>
public sealed class EngineOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string SectionName = "Engine";

    /// <summary>Name of the model that <see cref="IModel"/> resolves to when several are configured.</summary>
    public const string DefaultModelName = "default";

    /// <summary>The models by name; names are compared without regard to case.</summary>
    public IDictionary<string, ModelOptions> Models { get; } = new Dictionary<string, ModelOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How answers are checked while the models serve.</summary>
    public ShadowOptions Shadow { get; set; } = new();

    /// <summary>Errors of the configuration, one message each.</summary>
    internal List<string> Unreadable { get; } = [];
}
