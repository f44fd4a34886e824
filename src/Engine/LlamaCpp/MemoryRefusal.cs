namespace Engine.LlamaCpp;

/// <summary>Refuses what would not fit before native code asks for it: Linux grants memory that is not there and kills
/// the process when it is touched.</summary>
internal static class MemoryRefusal
{
    /// <exception cref="InsufficientMemoryException">Both numbers are in it.</exception>
    public static void Check(string doing, long required, long available)
    {
        if (required > available)
        {
            throw new InsufficientMemoryException(
                FormattableString.Invariant(
                    $"{doing}: expected {Mebibytes(required)} MiB of memory, there are {Mebibytes(available)} MiB (container limits included). ") +
                "Lower the context length or the number of slots, or take a smaller file.",
                required, available);
        }
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
