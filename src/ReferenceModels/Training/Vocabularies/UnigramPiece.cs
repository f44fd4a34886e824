namespace ReferenceModels.Training.Vocabularies;

/// <summary>A piece of text that may become a token.</summary>
/// <param name="Text">Its characters.</param>
/// <param name="IsSingle">Whether it is a single character.</param>
/// <param name="Score">The logarithm of its probability.</param>
internal sealed record UnigramPiece(string Text, bool IsSingle, double Score);
