namespace Engine;

/// <summary>Turns a requested number of threads into the number to use.</summary>
internal static class ThreadCount
{
    /// <summary>As many as asked for, 0 for one per core; never more than cores, since the others would only wait.</summary>
    public static int Of(int asked) => asked == 0 ? Environment.ProcessorCount : Math.Min(asked, Environment.ProcessorCount);
}
