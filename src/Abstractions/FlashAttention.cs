namespace Engine;

/// <summary>Whether attention is computed in one pass that stores no scores.</summary>
public enum FlashAttention
{
    /// <summary>On if the device supports it, except with <see cref="CacheType.F32"/>, which it would round.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}
