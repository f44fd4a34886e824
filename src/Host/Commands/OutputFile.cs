using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands;

/// <summary>A file that a verb will write. Whether that is possible is checked before the work; what the system refuses
/// later is reported in one sentence.</summary>
/// <param name="what">What is written, such as "the model".</param>
/// <param name="path">Its path.</param>
/// <param name="option">What named it: an option, or an argument.</param>
internal sealed class OutputFile(string what, string path, string option)
{
    /// <summary>Whether it is written piece by piece, so that it may be a device or a pipe; otherwise it appears under its name only when complete.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether it is a folder, which is created with all that are above it.</summary>
    public bool IsFolder { get; init; }

    /// <summary>Whether its folder is created if missing.</summary>
    public bool MakesFolder { get; init; }

    public string Path => path;

    public string Option => option;

    /// <summary>Refuses a path that cannot be written. Nothing is left behind.</summary>
    /// <exception cref="InvalidRequestException">It cannot be written.</exception>
    public void RequireWritable()
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw Refusal("the path is empty");
        }
        if (IsFolder)
        {
            RequireFolder(System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path))) ?? path);
            return;
        }
        if (Directory.Exists(path))
        {
            throw new InvalidRequestException($"{Doing}: this is a folder. Name a file in it {With}.");
        }
        bool isThere = FileIdentity.Of(path) is not null;
        if (isThere && !FileIdentity.Of(path)!.IsRegular)
        {
            // It is not opened here: a pipe would wait for its reader.
            if (IsStream)
            {
                return;
            }
            throw Refusal("this is a device or a pipe");
        }
        if (isThere && IsStream)
        {
            Write(() => File.OpenHandle(path, FileMode.Open, FileAccess.Write).Dispose());
            return;
        }
        RequireFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
    }

    /// <summary>Refuses to overwrite another input or output of the verb, by whatever path.</summary>
    /// <param name="other">The other path; null if there is none.</param>
    /// <param name="named">What named it.</param>
    public void RequireOther(string? other, string named)
    {
        if (other is not null && other != "-" && IsSame(path, other))
        {
            throw new InvalidRequestException($"{Doing}: this is also the file of {named}. Name another file {With}.");
        }
    }

    /// <summary>Writes, and turns an error of the system into a message.</summary>
    /// <exception cref="InvalidRequestException">It cannot be written.</exception>
    public T Write<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (SystemRefusal.Is(e))
        {
            throw Refusal(SystemRefusal.Describe(e));
        }
    }

    /// <inheritdoc cref="Write{T}"/>
    public void Write(Action write) => Write(() =>
    {
        write();
        return true;
    });

    private string Doing => $"Writing {what} '{path}'";

    private string With => option.StartsWith('-') ? $"with {option}" : $"as {option}";

    private InvalidRequestException Refusal(string reason) => new($"{Doing}: {reason}. Name another {(IsFolder ? "folder" : "file")} {With}.");

    private void RequireFolder(string folder)
    {
        while (!Directory.Exists(folder))
        {
            if (!MakesFolder && !IsFolder)
            {
                throw new InvalidRequestException($"{Doing}: there is no folder '{folder}'. Make it first, or name another file {With}.");
            }
            folder = System.IO.Path.GetDirectoryName(folder)!; // a root always exists
        }
        string probe = System.IO.Path.Combine(folder, System.IO.Path.GetRandomFileName());
        try
        {
            using (File.OpenHandle(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (SystemRefusal.Is(e))
        {
            string reason = e is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException ? "not writable"
                : $"not writable: {SystemRefusal.Describe(e)}";
            throw Refusal($"the folder '{folder}' is {reason}");
        }
    }

    private static bool IsSame(string a, string b) =>
        FileIdentity.Of(a) is { } found ? found == FileIdentity.Of(b) : System.IO.Path.GetFullPath(a) == System.IO.Path.GetFullPath(b);
}
