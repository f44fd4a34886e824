namespace Engine.Gguf;

/// <summary>Limits on what a file may contain. Each count is checked against its limit and against the bytes that
/// are left in the file before anything is allocated for it.</summary>
internal static class GgufLimits
{
    /// <summary>Bytes of a key; the format says 2^16 − 1.</summary>
    public const int KeyBytes = 65_535;

    /// <summary>Bytes of one string. The longest in use are tokenizer.json texts, some 20 MB.</summary>
    public const int StringBytes = 64 << 20;

    /// <summary>Elements of one array. The longest in use are merges, some 500,000.</summary>
    public const int ArrayElements = 1 << 26;

    /// <summary>Arrays within arrays. llama.cpp reads none.</summary>
    public const int ArrayNesting = 1;

    /// <summary>Key–value pairs.</summary>
    public const int MetadataEntries = 1 << 16;

    /// <summary>Tensors, over all parts of a split file.</summary>
    public const int Tensors = 1 << 16;

    /// <summary>Dimensions of a tensor (GGML_MAX_DIMS).</summary>
    public const int Dimensions = 4;

    /// <summary>Bytes of a tensor's name (GGML_MAX_NAME less its NUL).</summary>
    public const int TensorNameBytes = 63;

    /// <summary>The alignment if the file does not say (GGUF_DEFAULT_ALIGNMENT).</summary>
    public const uint DefaultAlignment = 32;

    /// <summary>Bytes to which tensors are aligned.</summary>
    public const uint Alignment = 1 << 20;

    /// <summary>Parts of a split file.</summary>
    public const int Parts = 4096;
}
