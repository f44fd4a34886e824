using System.Text.Json.Serialization;

namespace Engine;

/// <summary>A prompt: text, or the token ids themselves (BOS included by the caller). Exactly one of the two is set.</summary>
public sealed record Prompt
{
    /// <summary>A prompt of text; the model's tokenizer adds its special tokens. Null where <see cref="Tokens"/> is set.</summary>
    public string? Text { get; }

    /// <summary>A prompt of token ids, taken as they are. Null where <see cref="Text"/> is set.</summary>
    public IReadOnlyList<int>? Tokens { get; }

    /// <summary>Made by <see cref="FromText"/>, <see cref="FromTokens"/> or a serializer.</summary>
    /// <exception cref="ArgumentException">Both are set, or neither.</exception>
    [JsonConstructor]
    public Prompt(string? text, IReadOnlyList<int>? tokens)
    {
        if (text is null == tokens is null)
        {
            throw new ArgumentException("A prompt is either a text or a list of token ids: set one of the two.");
        }
        Text = text;
        Tokens = tokens;
    }

    /// <summary>A prompt of text.</summary>
    public static Prompt FromText(string text) => new(text, null);

    /// <summary>A prompt of token ids.</summary>
    public static Prompt FromTokens(IReadOnlyList<int> tokens) => new(null, tokens);

    /// <summary>The prompt's ids: its own, or its text by the tokenizer, special tokens added.</summary>
    public IReadOnlyList<int> ToTokens(ITokenizer tokenizer) => Tokens ?? tokenizer.Encode(Text!, addSpecial: true, parseSpecial: false);
}
