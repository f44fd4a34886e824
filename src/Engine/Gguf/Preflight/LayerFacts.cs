namespace Engine.Gguf.Preflight;

/// <summary>How many layers there are.</summary>
internal static class LayerFacts
{
    private const uint MostLayers = 512; // LLAMA_MAX_LAYERS

    public static void Check(Hyperparameters numbers)
    {
        uint layers = numbers.UInt32("block_count") ?? 1;
        if (layers is 0 or > MostLayers)
        {
            throw numbers.Refuse("block_count", $"1 to {MostLayers} layers", layers);
        }
        uint nextTokenLayers = numbers.UInt32("nextn_predict_layers") ?? 0;
        if (nextTokenLayers > layers)
        {
            throw numbers.Refuse("nextn_predict_layers", $"at most the {layers} layers of block_count", nextTokenLayers);
        }
    }
}
