namespace Engine.Chat.Jinja;

/// <summary>What one rendering has at hand.</summary>
/// <param name="Budget">What it may take.</param>
/// <param name="Now">The time that <c>strftime_now</c> tells.</param>
internal sealed record RenderState(Budget Budget, DateTimeOffset Now)
{
    /// <summary>The line being rendered, for errors.</summary>
    public int Line { get; set; }
}
