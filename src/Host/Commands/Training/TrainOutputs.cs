namespace Engine.Host.Commands.Training;

/// <summary>The files that a training writes.</summary>
internal sealed record TrainOutputs
{
    public required OutputFile Model { get; init; }

    public required OutputFile? Checkpoint { get; init; }

    public required OutputFile? Plot { get; init; }

    public required OutputFile? Examples { get; init; }

    /// <summary>Checks before the first step, not after hours of work.</summary>
    /// <param name="inputs">What the training reads, and what names it.</param>
    /// <exception cref="InvalidRequestException">One of them cannot be written, or would replace an input or another of them.</exception>
    public void RequireWritable(IEnumerable<(string? Path, string Option)> inputs)
    {
        List<(string? Path, string Option)> taken = [.. inputs];
        foreach (OutputFile file in new[] { Model, Checkpoint, Plot, Examples }.OfType<OutputFile>())
        {
            taken.ForEach(other => file.RequireOther(other.Path, other.Option));
            file.RequireWritable();
            taken.Add((file.Path, file.Option));
        }
    }
}
