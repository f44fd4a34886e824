namespace Engine.Remote.Isolation;

/// <summary>A folder that this user alone can enter, for the socket of a child process. On Windows a pipe needs none.</summary>
internal sealed class ChildFolder : IDisposable
{
    private const string Socket = "model.sock";

    private readonly string? _path;

    /// <exception cref="ConfigurationException">The system's folder for temporary files cannot be written to.</exception>
    public ChildFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Endpoint = $"{ChildOrder.Pipe}engine-{Guid.NewGuid():N}";
            return;
        }
        try
        {
            _path = Directory.CreateTempSubdirectory("engine-child-").FullName; // mode 0700
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                $"Making a folder for the socket of a model's process in '{Path.GetTempPath()}': expected to be allowed to, found: {e.Message} Free some room there, or name another folder with TMPDIR.");
        }
        Endpoint = $"{ChildOrder.Unix}{Path.Combine(_path, Socket)}";
    }

    /// <summary>As in <see cref="ModelOptions.Endpoint"/>.</summary>
    public string Endpoint { get; }

    public void Dispose()
    {
        if (_path is not null)
        {
            Remove(_path);
        }
    }

    /// <summary>Removes the folder and the socket in it, and nothing else.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(Path.Combine(path, Socket));
            Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Already gone, or still in use by the other side: what stays is an empty folder among the temporary files.
        }
    }
}
