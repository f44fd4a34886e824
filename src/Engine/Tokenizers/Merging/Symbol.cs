namespace Engine.Tokenizers.Merging;

/// <summary>A stretch of text that merges have not broken up.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes; 0 where it went into its left neighbour.</param>
/// <param name="Piece">Its number in the vocabulary, or -1.</param>
internal readonly record struct Symbol(int Start, int Length, int Piece);
