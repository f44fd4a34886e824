namespace Engine.Remote.Protocol;

/// <summary>Received data violates the protocol.</summary>
/// <param name="expected">What the protocol expects.</param>
/// <param name="found">What was received.</param>
internal sealed class ProtocolFault(string expected, string found) : Exception($"expected {expected}, found {found}")
{
    /// <summary>The version that this engine speaks.</summary>
    public const int Version = 1;
}
