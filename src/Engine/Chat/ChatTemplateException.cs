namespace Engine.Chat;

/// <summary>A chat template that cannot be read or rendered, or that refuses the conversation.</summary>
public sealed class ChatTemplateException(string message, int line, bool isRefusal, Exception? inner = null) : EngineException(message, inner)
{
    /// <summary>Line of the template, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Whether the template itself refuses the conversation (<c>raise_exception</c>): the messages need changing, not the template.</summary>
    public bool IsRefusal { get; } = isRefusal;
}
