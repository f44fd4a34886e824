namespace Engine.HuggingFace.Files;

/// <summary>Resolves a path by following every link in it.</summary>
internal static class LinkedPath
{
    private const int MaxLinks = 40; // Linux's own limit

    /// <summary>The absolute path without links. Parts that do not exist are kept unchanged.</summary>
    /// <exception cref="ModelFileException">The links form a circle.</exception>
    public static string Resolve(string path)
    {
        int links = 0;
        string full = Path.GetFullPath(path);
        string root = Path.GetPathRoot(full)!;
        var rest = new Stack<string>(Parts(full[root.Length..]));
        string resolved = root;
        while (rest.TryPop(out string? part))
        {
            string next = Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }
            if (++links > MaxLinks)
            {
                throw new ModelFileException($"Opening '{path}': expected a file, found links that form a circle.");
            }
            string absolute = Path.GetFullPath(target, resolved);
            resolved = Path.GetPathRoot(absolute)!;
            foreach (string each in Parts(absolute[resolved.Length..]))
            {
                rest.Push(each);
            }
        }
        return resolved;
    }

    // In reverse order, because they go onto a stack.
    private static IEnumerable<string> Parts(string path) => path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
