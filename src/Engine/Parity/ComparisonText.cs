namespace Engine.Parity;

/// <summary>Turns a text into the input of a comparison: the text if both models can read it, otherwise the ids of the one that can.</summary>
internal static class ComparisonText
{
    private const int RandomIds = 32;
    private const int Seed = 1234;

    /// <summary>Short enough for a context of 128 tokens of a vocabulary of a few hundred.</summary>
    public const string General =
        "The river was low that year. Two engines stood on its bank, one old and one new, and were given the same work. "
        + "\"If we differ,\" said the old one, \"look for the fault.\"";

    /// <summary>The user's text.</summary>
    /// <exception cref="UnsupportedRequestException">Neither model can split text into tokens.</exception>
    public static Prompt Choose(string text, IModel native, IModel reference) =>
        (native.Card.SplitsText, reference.Card.SplitsText) switch
        {
            (true, true) => Prompt.FromText(text),
            (true, false) => Prompt.FromTokens(native.Tokenizer.Encode(text)),
            (false, true) => Prompt.FromTokens(reference.Tokenizer.Encode(text)),
            _ => throw new UnsupportedRequestException(
                $"Reading the text: expected a vocabulary, found none that either side can use in {native.Card.Path}. Give token ids with --tokens."),
        };

    /// <summary>A sample text, truncated to the context; for a model without a vocabulary, some fixed ids.</summary>
    public static Prompt ChooseDefault(string text, IModel native, IModel reference)
    {
        int context = Math.Min(native.Card.ContextLength, reference.Card.ContextLength);
        (IReadOnlyList<int>? a, IReadOnlyList<int>? b) = (Encode(text, native), Encode(text, reference));
        if (a is not null && b is not null && a.Count <= context)
        {
            return Prompt.FromText(text);
        }
        if ((a ?? b) is { } ids)
        {
            return Prompt.FromTokens([.. ids.Take(context)]);
        }
        var random = new Random(Seed);
        return Prompt.FromTokens([.. Enumerable.Range(0, Math.Min(RandomIds, context)).Select(_ => random.Next(native.Card.VocabularySize))]);
    }

    private static IReadOnlyList<int>? Encode(string text, IModel model)
    {
        try
        {
            return model.Card.SplitsText ? model.Tokenizer.Encode(text) : null;
        }
        catch (UnsupportedRequestException)
        {
            return null; // a vocabulary for another alphabet, which cannot encode the built-in text
        }
    }
}
