namespace Engine;

/// <summary>How exactly a backend computes.</summary>
public enum Numerics
{
    /// <summary>As the backend serves: F16 keys and values, flash attention where it has it.</summary>
    Production,

    /// <summary>For comparing: native with F32 keys and values and no flash attention.</summary>
    Strict,
}
