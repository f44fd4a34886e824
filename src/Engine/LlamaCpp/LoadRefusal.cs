using Engine.Gguf;

namespace Engine.LlamaCpp;

/// <summary>The error for a file that llama.cpp does not load.</summary>
internal static class LoadRefusal
{
    private const string UnknownArchitecture = "unknown model architecture";

    /// <summary>The Transformer of the paper, which only this project writes to GGUF and only its reference runs.</summary>
    private const string ReferenceOnly = "transformer";

    /// <summary>The message when llama.cpp refuses a file.</summary>
    /// <param name="facts">What the file says.</param>
    /// <param name="runner">The library that should run it, such as <c>llama.cpp v0.5.0</c>.</param>
    /// <param name="reason">What it logged.</param>
    /// <param name="inner">The exception thrown meanwhile.</param>
    public static ModelFileException Of(ModelFacts facts, string runner, string reason, Exception? inner = null) => new(
        reason.Contains(UnknownArchitecture, StringComparison.Ordinal)
            ? $"Loading {Path.GetFileName(facts.Path)}: expected an architecture that {runner} runs, found '{facts.Architecture}'. {(facts.Architecture == ReferenceOnly ? "Run it on the reference backend, with --backend reference." : "No other backend runs it: check the file.")}"
            : $"Loading {Path.GetFileName(facts.Path)}: expected a model that {runner} runs; it refuses the file: {reason}. Check the file, or convert the model again.",
        inner);
}
