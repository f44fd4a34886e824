namespace Engine.Chat.Jinja;

/// <summary>A template that cannot be read or rendered.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="line">Where; 0 for the line that is being rendered.</param>
/// <param name="isRefusal">Whether the template itself says so, by <c>raise_exception</c>.</param>
internal sealed class JinjaException(string message, int line = 0, bool isRefusal = false) : Exception(message)
{
    public bool IsRefusal => isRefusal;

    /// <summary>Line of the template, from 1; 0 if the renderer knows it better.</summary>
    public int Line { get; } = line;
}
