namespace Engine.Host.Commands.Calibrating;

/// <summary>Two loaded models and what they are put to.</summary>
internal sealed record Comparison(IModel Native, IModel Reference, Prompt Prompt, Prompt? Target, Numerics Numerics)
{
    public required ModelOptions NativeOptions { get; init; }

    /// <summary>How the reference computes.</summary>
    public required Arithmetic Arithmetic { get; init; }
}
