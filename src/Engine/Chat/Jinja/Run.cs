namespace Engine.Chat.Jinja;

/// <summary>A stretch of a text that is of one origin.</summary>
/// <param name="End">Index after its last character; it begins where the stretch before it ends.</param>
/// <param name="IsForeign">Whether it came in with the messages, and is not the template's own.</param>
internal readonly record struct Run(int End, bool IsForeign);
