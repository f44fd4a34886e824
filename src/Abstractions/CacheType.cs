namespace Engine;

/// <summary>How keys and values of the tokens in a context are kept.</summary>
public enum CacheType
{
    /// <summary>16-bit floats.</summary>
    F16,

    /// <summary>Blocks of 32 with a scale, 8 bits an element: half the memory, and attention with rounded keys. Needs flash attention.</summary>
    Q8_0,

    /// <summary>32-bit floats: twice the memory. Turns flash attention off, which would round them to 16 bits.</summary>
    F32,
}
