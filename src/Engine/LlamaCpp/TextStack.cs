using Engine.Gguf;

namespace Engine.LlamaCpp;

/// <summary>How much stack is needed to split a text. For most byte-level BPE vocabularies, llama.cpp finds words with <c>std::regex</c>, which
/// recurses for every character of a run.</summary>
internal sealed class TextStack(GgufMetadata metadata)
{
    private const int Least = 1 << 20;
    private const int Most = 1 << 30;

    // Measured with the pinned library: 410 bytes for a character of a run, with falcon's first pattern.
    private const int BytesPerByte = 1024;

    // The pre-tokenizers for which llama.cpp has hand-written loops (unicode_regex_split_custom).
    private static readonly string[] Plain = ["gpt-2", "llama3", "llama-v3", "llama-bpe", "qwen2"];

    private readonly bool _isRecursive = metadata.GetString(GgufKeys.TokenizerModel) == "gpt2" &&
        !Plain.Contains(metadata.GetString(GgufKeys.TokenizerPre));

    /// <summary>Bytes of stack for a text of this many bytes.</summary>
    /// <exception cref="UnsupportedRequestException">The text is too long for any stack.</exception>
    public int Bytes(string model, int textBytes) =>
        !_isRecursive ? Least
        : textBytes <= (Most - Least) / BytesPerByte ? Least + textBytes * BytesPerByte
        : throw new UnsupportedRequestException(
            $"Splitting text with {model}: expected at most {(Most - Least) / BytesPerByte} bytes of text at once, found {textBytes}. Split it in parts.");
}
