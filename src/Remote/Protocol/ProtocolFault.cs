namespace Engine.Remote.Protocol;

/// <summary>What came is not what the protocol says.</summary>
/// <param name="expected">What it says.</param>
/// <param name="found">What came.</param>
internal sealed class ProtocolFault(string expected, string found) : Exception($"expected {expected}, found {found}")
{
    /// <summary>The version that this engine speaks.</summary>
    public const int Version = 1;
}
