using System.Globalization;

namespace Engine.Parity;

/// <summary>Which experts the routers of a mixture have chosen: a bit for each expert of each layer.</summary>
/// <remarks>This cannot be told from the ids of an input, but from the router's order of the experts, which is an activation of the pass.</remarks>
internal sealed class ExpertUse
{
    private const int Bits = 8;

    /// <summary>llama.cpp's name of the experts (T, E) in the order of their probabilities, the largest first.</summary>
    private const string Order = "ffn_moe_argsort-";

    // A pass that hands out activations goes through the layers with all tokens at once.
    private const int MaxTokens = 2048;

    private readonly int _layers;
    private readonly int _experts;
    private readonly int _perToken;

    /// <param name="card">The card of a model with experts.</param>
    public ExpertUse(ModelCard card)
    {
        (_layers, _experts, _perToken) = (card.Layers, card.Experts, card.ExpertsPerToken);
        Chosen = new byte[((_layers * _experts) + Bits - 1) / Bits];
    }

    /// <summary>(⌈layers·E / 8⌉): a bit for each expert, the layers one after the other.</summary>
    public byte[] Chosen { get; }

    /// <summary>The activations to request so that <see cref="Add(IReadOnlyList{Activation})"/> can count: none if there are no experts, if the model
    /// does not hand out such activations, or if that would take much memory.</summary>
    /// <param name="card">The model's card.</param>
    /// <param name="tokens">T.</param>
    public static IReadOnlyList<string> Activations(ModelCard card, int tokens) =>
        card.Experts > 0 && card.ExpertsPerToken > 0 && tokens <= MaxTokens && card.Capabilities.HasFlag(ModelCapabilities.Replay)
            ? [.. Enumerable.Range(0, card.Layers).Select(layer => string.Create(CultureInfo.InvariantCulture, $"{Order}{layer}"))]
            : [];

    /// <summary>The request with these activations added. Activations come with all rows, including those before the first one requested,
    /// which are ignored.</summary>
    /// <param name="request">A request for token ids, up to the last of them.</param>
    /// <param name="card">The model's card.</param>
    public static ScoreRequest Ask(ScoreRequest request, ModelCard card)
    {
        IReadOnlyList<string> activations = Activations(card, request.Tokens.Tokens!.Count);
        return activations.Count == 0 ? request : request with { FirstPosition = 0, PositionCount = null, Activations = activations };
    }

    /// <summary>Counts what the routers chose for the tokens of a pass; other activations are ignored.</summary>
    public void Add(IReadOnlyList<Activation> activations)
    {
        foreach (Activation activation in activations)
        {
            if (activation.Name.StartsWith(Order, StringComparison.Ordinal)
                && int.TryParse(activation.Name.AsSpan(Order.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && layer < _layers)
            {
                Add(layer, activation.Values);
            }
        }
    }

    /// <summary>The total number of experts chosen in all layers, and the number of layers with a router, each of which gives every token an expert.</summary>
    public (int Experts, int Layers) Count()
    {
        (int experts, int layers) = (0, 0);
        for (int layer = 0; layer < _layers; layer++)
        {
            int chosen = Enumerable.Range(layer * _experts, _experts).Count(bit => (Chosen[bit / Bits] & (1 << (bit % Bits))) != 0);
            experts += chosen;
            layers += chosen > 0 ? 1 : 0;
        }
        return (experts, layers);
    }

    private void Add(int layer, float[] order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int expert = (int)order[i];
            if (i % _experts < _perToken && (uint)expert < (uint)_experts)
            {
                int bit = (layer * _experts) + expert;
                Chosen[bit / Bits] |= (byte)(1 << (bit % Bits));
            }
        }
    }
}
