using System.Globalization;

namespace Engine.Generation;

/// <summary>How much memory this process can still take: the machine's and that of every control group around it.</summary>
internal static class AvailableMemory
{
    /// <summary>Bytes that can be allocated without swapping or getting a process killed. Pages that only cache files count as free.</summary>
    public static long Bytes() => Bytes("/");

    /// <summary>The same, read below another root folder.</summary>
    internal static long Bytes(string root)
    {
        long available = Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:") is long kibibytes
            ? kibibytes * 1024
            : GC.GetGCMemoryInfo() is var memory ? memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes : 0;
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // "0::/a/b" is version 2, "4:memory:/a/b" version 1.
            string[] parts = line.Split(':', 3);
            if (parts is ["0", "", var unified])
            {
                available = Math.Min(available, Group(Path.Combine(root, "sys/fs/cgroup"), unified, "memory.max", "memory.current", "file"));
            }
            else if (parts is [_, var controllers, var path] && controllers.Split(',').Contains("memory"))
            {
                available = Math.Min(available, Group(
                    Path.Combine(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"));
            }
        }
        return Math.Max(0, available);
    }

    // A group's limit applies to all groups in it. In a container, the path may name groups that are not visible from here.
    private static long Group(string mount, string path, string limit, string usage, string cache)
    {
        long available = long.MaxValue;
        for (string group = path.Trim('/'); ; group = Path.GetDirectoryName(group) ?? "")
        {
            string folder = Path.Combine(mount, group);
            if (Number(Path.Combine(folder, limit)) is long most && Number(Path.Combine(folder, usage)) is long used)
            {
                long reclaimable = Field(Path.Combine(folder, "memory.stat"), cache) ?? 0;
                available = Math.Min(available, most - Math.Max(0, used - reclaimable));
            }
            if (group.Length == 0)
            {
                return available;
            }
        }
    }

    // "max" is not a number and means no limit.
    private static long? Number(string path) =>
        Lines(path) is [var first, ..] && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static long? Field(string path, string name)
    {
        foreach (string line in Lines(path))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == name && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                return value;
            }
        }
        return null;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // an unreadable limit counts as none
        }
    }
}
