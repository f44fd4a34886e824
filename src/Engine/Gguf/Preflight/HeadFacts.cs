namespace Engine.Gguf.Preflight;

/// <summary>Checks attention heads: their number, their width, and how query heads share those of keys and values.</summary>
internal static class HeadFacts
{
    public static void Check(Hyperparameters numbers)
    {
        uint rotated = numbers.UInt32("rope.dimension_count") ?? 0;
        if (rotated % 2 != 0)
        {
            throw numbers.Refuse("rope.dimension_count", "an even number, since rotation is by pairs", rotated, Hyperparameters.Plain);
        }
        if (numbers.PerLayer("attention.head_count") is not { Count: > 0 } heads)
        {
            return;
        }
        if (heads[0] > 0)
        {
            CheckSizes(numbers, heads[0]);
        }
        else if (numbers.IsKnown)
        {
            throw numbers.Refuse("attention.head_count", "at least one head", heads[0], Hyperparameters.Refused);
        }
        IReadOnlyList<long> shared = numbers.PerLayer("attention.head_count_kv") ?? heads;
        CheckSharing(numbers, heads, shared);
        if (numbers.IsKnown)
        {
            CheckEqual(numbers, "attention.head_count", heads, "llama.cpp would compute every layer with the first layer's: convert the model again.");
            CheckEqual(numbers, "attention.head_count_kv", shared, Hyperparameters.Ends);
        }
        if (numbers.IsT5 && shared[0] != heads[0])
        {
            throw numbers.Refuse("attention.head_count_kv", $"the {heads[0]} of head_count, since T5 shares no heads", shared[0], Hyperparameters.Plain);
        }
    }

    private static void CheckSizes(Hyperparameters numbers, long heads)
    {
        long computed = (numbers.UInt32("embedding_length") ?? 0) / heads;
        long keys = numbers.UInt32("attention.key_length") ?? computed;
        long values = numbers.UInt32("attention.value_length") ?? computed;
        if (FamilyFacts.EqualHeads.Contains(numbers.Architecture) && keys != values)
        {
            throw numbers.Refuse("attention.value_length", $"the {keys} of keys", values);
        }
        bool wholeRotation = FamilyFacts.WholeRotation.Contains(numbers.Architecture);
        bool partialRotation = FamilyFacts.PartialRotation.Contains(numbers.Architecture);
        uint? part = numbers.UInt32("rope.dimension_count");
        if ((numbers.IsKnown && keys < 2) || (keys % 2 != 0 && (wholeRotation || (partialRotation && part is null))))
        {
            throw wholeRotation || partialRotation
                ? numbers.Refuse("attention.key_length", "an even head size", keys)
                : numbers.Refuse("attention.key_length", "a head size of at least 2", keys, Hyperparameters.Plain);
        }
        uint width = numbers.UInt32("embedding_length") ?? 0;
        if ((FamilyFacts.SquareProjections.Contains(numbers.Architecture) || numbers.IsBert) && keys * heads != width)
        {
            // Their projections are (width, width), and the graph divides them into heads without checking.
            throw numbers.Refuse(
                "attention.key_length", $"a size that {heads} heads share the {width} of embedding_length by", keys, numbers.Architecture == "gpt2" || numbers.IsBert ? Hyperparameters.Refused : Hyperparameters.Ends);
        }
        if (partialRotation && part is 0)
        {
            throw numbers.Refuse("rope.dimension_count", $"from 2 to the {keys} of a head", 0, "llama.cpp would compute without end: convert the model again.");
        }
        if (partialRotation && part > keys)
        {
            throw numbers.Refuse("rope.dimension_count", $"at most the {keys} of a head", part.Value);
        }
        if (wholeRotation && part is { } rotated && rotated != keys)
        {
            throw numbers.Refuse("rope.dimension_count", $"the {keys} of a head", rotated, FamilyFacts.LooksAtRotation.Contains(numbers.Architecture) ? Hyperparameters.Refused : Hyperparameters.Ends);
        }
    }

    // Tensors have the shape of the first layer's number, but the cache is made by each layer's own.
    private static void CheckEqual(Hyperparameters numbers, string name, IReadOnlyList<long> layers, string hint)
    {
        if (layers.FirstOrDefault(heads => heads != layers[0], layers[0]) is var other && other != layers[0])
        {
            throw numbers.Refuse(name, $"the {layers[0]} of the first layer in every layer", other, hint);
        }
    }

    private static void CheckSharing(Hyperparameters numbers, IReadOnlyList<long> heads, IReadOnlyList<long> shared)
    {
        for (int layer = 0; layer < Math.Max(heads.Count, shared.Count); layer++)
        {
            long queries = heads[Math.Min(layer, heads.Count - 1)];
            long keys = shared.Count == 0 ? 0 : shared[Math.Min(layer, shared.Count - 1)];
            bool none = queries <= 0 || keys <= 0; // layers without attention, in architectures that have such
            if (none ? numbers.IsKnown : queries % keys != 0)
            {
                throw numbers.Refuse(
                    "attention.head_count_kv", $"a divisor of the {queries} heads of layer {layer}", keys, none ? Hyperparameters.Refused : Hyperparameters.Ends);
            }
        }
    }
}
