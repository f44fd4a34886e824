namespace Clients.Tests;

/// <summary>A client library whose users let the model call functions: it runs them, as its users would, until the model answers.</summary>
public interface IToolClient
{
    /// <summary>Asks questions of one conversation, one after the other, of a model that may call <see cref="Functions"/>.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="choice">Whether it calls one. Where it must, it is not asked again once it has.</param>
    /// <param name="stream">Whether answers come in pieces.</param>
    Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream);
}

/// <param name="Text">What the model said last.</param>
/// <param name="Calls">The functions that were called, with their arguments.</param>
public sealed record Called(string Text, IReadOnlyList<string> Calls);

/// <summary>Whether a model calls functions.</summary>
public enum Choice
{
    /// <summary>As it likes.</summary>
    Auto,

    /// <summary>It must not.</summary>
    None,

    /// <summary>It must call one.</summary>
    Required,

    /// <summary>It must call <see cref="Functions.Weather"/>.</summary>
    Weather,
}
