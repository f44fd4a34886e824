namespace Engine;

/// <summary>How many threads compute where a number of them was requested.</summary>
internal static class ThreadCount
{
    /// <summary>As many as asked for, 0 for one per core; never more than cores, since the others would only wait.</summary>
    public static int Of(int asked) => asked == 0 ? Environment.ProcessorCount : Math.Min(asked, Environment.ProcessorCount);
}
