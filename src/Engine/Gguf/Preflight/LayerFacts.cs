namespace Engine.Gguf.Preflight;

/// <summary>Checks the number of layers, the length of the context and the width of the output.</summary>
internal static class LayerFacts
{
    private const uint MaxLayers = 512; // LLAMA_MAX_LAYERS
    private const uint LastPooling = 4;  // LLAMA_POOLING_TYPE_RANK

    public static void Check(Hyperparameters numbers)
    {
        uint layers = numbers.UInt32("block_count") ?? 1;
        if (layers is 0 or > MaxLayers)
        {
            throw numbers.Refuse("block_count", $"1 to {MaxLayers} layers", layers);
        }
        uint nextTokenLayers = numbers.UInt32("nextn_predict_layers") ?? 0;
        if (nextTokenLayers > layers)
        {
            throw numbers.Refuse("nextn_predict_layers", $"at most the {layers} layers of block_count", nextTokenLayers);
        }
        if (numbers.Architecture == "t5" && numbers.UInt32("decoder_block_count") is { } decoder && (decoder == 0 || decoder > layers))
        {
            throw numbers.Refuse("decoder_block_count", $"1 to the {layers} layers of block_count", decoder, Hyperparameters.Plain); // llama.cpp's own message does not mention it
        }
        if (numbers.UInt32("context_length") is 0 or > int.MaxValue)
        {
            throw numbers.Refuse("context_length", $"1 to {int.MaxValue:N0} tokens", numbers.UInt32("context_length") ?? 0, Hyperparameters.Plain);
        }
        if (numbers.UInt32("pooling_type") is > LastPooling)
        {
            throw numbers.Refuse("pooling_type", $"0 to {LastPooling}", numbers.UInt32("pooling_type") ?? 0);
        }
        uint width = numbers.UInt32("embedding_length") ?? 0;
        if (numbers.IsKnown && numbers.UInt32("embedding_length_out") is > 0 and var answer && answer != width)
        {
            throw numbers.Refuse("embedding_length_out", $"the {width} of embedding_length", answer);
        }
    }
}
