using Engine.Chat;

namespace Engine.Api.Answers;

/// <summary>What a request asks of a model, once the model is known.</summary>
/// <param name="Prompts">Its prompts, each of which gets its own answers.</param>
/// <param name="Constraint">What each answer must be; null for anything.</param>
/// <param name="Chat">The conversation; null if the answers are text alone.</param>
internal sealed record Asking(IReadOnlyList<Prompt> Prompts, Constraint? Constraint, TemplatedChat? Chat = null);
