using Xunit.Sdk;

namespace Tests.Shared;

/// <summary>A fact about files in <see cref="SharedFolder"/>, with the trait <c>Needs=MiniLM</c>: where the folder is absent,
/// <c>dotnet test</c> leaves those tests out (<c>tests/Directory.Build.props</c>), and other runners skip them with the reason.</summary>
/// <remarks>xUnit's own discoverer of traits reads name and value from the arguments of the constructor.</remarks>
[AttributeUsage(AttributeTargets.Method)]
[TraitDiscoverer("Xunit.Sdk.TraitDiscoverer", "xunit.core")]
internal sealed class SharedFactAttribute : FactAttribute, ITraitAttribute
{
    public SharedFactAttribute(string trait = "Needs", string value = "MiniLM")
    {
        (Trait, Value) = (trait, value);
        Skip = SharedFolder.SkipReason;
    }

    public string Trait { get; }

    public string Value { get; }
}
