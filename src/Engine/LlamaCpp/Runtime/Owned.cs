namespace Engine.LlamaCpp.Runtime;

/// <summary>Passes ownership of an object to one that is still being created.</summary>
internal static class Owned
{
    /// <summary>Waits for the new owner, and disposes of the object if the creation fails.</summary>
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
