namespace Engine;

/// <summary>Describes what a model can do, for messages.</summary>
internal static class CapabilityText
{
    /// <summary>Says what a model is and does, such as "Facts is a bert on llama.cpp: it embeds text".</summary>
    public static string Of(ModelCard card)
    {
        List<string> verbs = [];
        Add(ModelCapabilities.Score, "scores tokens");
        Add(ModelCapabilities.Generate, "generates text");
        Add(ModelCapabilities.Embed, "embeds text");
        return verbs.Count == 0
            ? $"{card.Name} has a vocabulary and no weights: it only splits text into tokens"
            : $"{card.Name} is a {card.Architecture} on {card.Backend}: it {(verbs.Count > 1 ? string.Join(", ", verbs[..^1]) + " and " + verbs[^1] : verbs[0])}";

        void Add(ModelCapabilities capability, string verb)
        {
            if (card.Capabilities.HasFlag(capability))
            {
                verbs.Add(verb);
            }
        }
    }
}
