namespace Engine;

/// <summary>How exactly a backend computes.</summary>
public enum Numerics
{
    /// <summary>For serving: F16 keys and values, and flash attention if supported.</summary>
    Production,

    /// <summary>For comparing: F32 keys and values and no flash attention.</summary>
    Strict,
}
