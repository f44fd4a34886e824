namespace Engine.Chat;

/// <summary>A chat template cannot be read or rendered, or refuses the conversation.</summary>
public sealed class ChatTemplateException(string message, int line, bool isRefusal, Exception? inner = null) : EngineException(message, inner)
{
    /// <summary>The line of the template, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Whether the template itself refuses the conversation (<c>raise_exception</c>). Then the messages must be changed, not the template.</summary>
    public bool IsRefusal { get; } = isRefusal;
}
