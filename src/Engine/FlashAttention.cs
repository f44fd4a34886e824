namespace Engine;

/// <summary>Whether attention is computed in one pass that stores no scores.</summary>
public enum FlashAttention
{
    /// <summary>Where the device has it.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}
