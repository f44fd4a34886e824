namespace Engine.HuggingFace.Files;

/// <summary>Where a path leads once every link in it is followed.</summary>
internal static class LinkedPath
{
    private const int MaxLinks = 40; // as Linux allows

    /// <summary>The absolute path without links; what does not exist stays as it is.</summary>
    /// <exception cref="ModelFileException">Links go round in a circle.</exception>
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
                throw new ModelFileException($"Opening '{path}': expected a file, found links that lead round in a circle.");
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

    // The last first, as a stack wants them.
    private static IEnumerable<string> Parts(string path) => path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
