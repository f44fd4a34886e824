using Engine.Parity;

namespace Engine.Shadow;

/// <summary>Knows the tolerances that were measured on this machine.</summary>
internal interface IShadowTolerances
{
    /// <summary>The tolerance for a model and an oracle.</summary>
    /// <param name="native">The model that answered.</param>
    /// <param name="options">What it was loaded with.</param>
    /// <param name="oracle">The model it is judged by.</param>
    /// <param name="numerics">How exactly the answer was computed.</param>
    /// <param name="length">Tokens of prompt and answer.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>Null if none was measured that fits.</returns>
    ValueTask<Tolerance?> FindAsync(ModelCard native, ModelOptions options, ModelCard oracle, Numerics numerics, int length, CancellationToken cancellationToken);
}
