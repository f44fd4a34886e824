namespace Engine.LlamaCpp.Runtime;

/// <summary>Who disposes what while something is still being made of it.</summary>
internal static class Owned
{
    /// <summary>Waits for what is to own something, and disposes that where it does not come.</summary>
    public static async Task<T> OrDispose<T>(this Task<T> making, IDisposable owned)
    {
        try
        {
            return await making.ConfigureAwait(false);
        }
        catch
        {
            owned.Dispose();
            throw;
        }
    }
}
