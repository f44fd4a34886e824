namespace Engine.Chat.Jinja;

/// <summary>A template cannot be read or rendered.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="line">The line of the template; 0 for the line being rendered.</param>
/// <param name="isRefusal">Whether the template itself says so, by <c>raise_exception</c>.</param>
internal sealed class JinjaException(string message, int line = 0, bool isRefusal = false) : Exception(message)
{
    public bool IsRefusal => isRefusal;

    /// <summary>The line of the template, from 1; 0 if the renderer must fill it in.</summary>
    public int Line { get; } = line;
}
