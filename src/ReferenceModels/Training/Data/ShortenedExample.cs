namespace ReferenceModels.Training.Data;

/// <summary>An example that was longer than the context and was truncated.</summary>
/// <param name="Path">The data file.</param>
/// <param name="Line">The line where its record begins, from 1.</param>
public sealed record ShortenedExample(string Path, int Line);
