using System.Net.Sockets;

namespace Engine.Host.Api;

/// <summary>Unix socket files: a program that was killed leaves its file behind, which blocks the address until it is removed.</summary>
internal static class SocketFiles
{
    /// <summary>Removes those that nobody listens on.</summary>
    /// <param name="urls">The addresses that the web server will listen on.</param>
    /// <exception cref="ConfigurationException">Another program listens there, or the file is not a socket.</exception>
    public static void Free(IEnumerable<string> urls)
    {
        foreach (BindingAddress address in urls.Select(BindingAddress.Parse).Where(address => address.IsUnixPipe && File.Exists(address.UnixPipePath)))
        {
            string path = address.UnixPipePath;
            if (IsOrphan(path))
            {
                File.Delete(path);
            }
        }
    }

    private static bool IsOrphan(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path) is { Length: 0 })
        {
            return true;
        }
        catch (SocketException e)
        {
            throw new ConfigurationException($"Listening on unix:{path}: expected a free path, found a file there that is not a socket of this user ({e.Message}). Choose another path, or remove the file.");
        }
        throw new ConfigurationException($"Listening on unix:{path}: another program listens there. Stop it, or choose another path.");
    }
}
