namespace Engine.Parity;

/// <summary>The kind of rows by which two models are compared.</summary>
internal enum RowKind
{
    /// <summary>(T, V): a decoder's, each row before the token it predicts.</summary>
    Logits,

    /// <summary>(S, d): of an encoder–decoder's source.</summary>
    Encoder,

    /// <summary>(T, d): one per token.</summary>
    Embeddings,

    /// <summary>(1, d).</summary>
    Mean,

    /// <summary>(1, d).</summary>
    Cls,

    /// <summary>(1, inputs × scores): of the input and its rotations.</summary>
    Rank,
}

/// <summary>Chooses the kinds by which a pair of models is compared, and names them.</summary>
internal static class RowKinds
{
    /// <summary>The kinds that both models can compute, beginning with the one the verdict names.</summary>
    /// <exception cref="UnsupportedRequestException">There is none.</exception>
    public static IReadOnlyList<RowKind> Of(ModelCard native, ModelCard reference)
    {
        ModelCapabilities both = native.Capabilities & reference.Capabilities;
        if (both.HasFlag(ModelCapabilities.Score))
        {
            return both.HasFlag(ModelCapabilities.Source | ModelCapabilities.Embed) ? [RowKind.Logits, RowKind.Encoder] : [RowKind.Logits];
        }
        return both.HasFlag(ModelCapabilities.Embed)
            ? native.Classes > 0 ? [RowKind.Embeddings, RowKind.Mean, RowKind.Cls, RowKind.Rank] : [RowKind.Embeddings, RowKind.Mean, RowKind.Cls]
            : throw new UnsupportedRequestException(
                $"Comparing two models: expected both to score tokens, or both to embed text. {CapabilityText.Of(native)}; {CapabilityText.Of(reference)}. "
                + "Choose models or backends that can.");
    }

    public static Pooling Pooling(this RowKind kind) => kind switch
    {
        RowKind.Mean => Engine.Pooling.Mean,
        RowKind.Cls => Engine.Pooling.Cls,
        RowKind.Rank => Engine.Pooling.Rank,
        _ => Engine.Pooling.None,
    };

    /// <summary>The name of the rows, for messages.</summary>
    public static string Name(this RowKind kind) => kind switch
    {
        RowKind.Logits => "logits",
        RowKind.Encoder => "encoder rows",
        RowKind.Embeddings => "embeddings",
        RowKind.Mean => "mean embedding",
        RowKind.Cls => "[CLS] embedding",
        _ => "rank scores",
    };

    /// <summary>The name of one of a row's numbers, for messages.</summary>
    public static string NumberName(this RowKind kind) => kind == RowKind.Logits ? "logit" : "number";
}
