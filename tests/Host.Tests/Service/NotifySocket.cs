using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Engine.Host.Tests.Service;

/// <summary>systemd's end of sd_notify(3): a Unix datagram socket whose path a service finds in NOTIFY_SOCKET.</summary>
internal sealed class NotifySocket : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Channel<Notice> _notices = Channel.CreateUnbounded<Notice>();

    public NotifySocket()
    {
        Path = _folder.File("notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _ = ReceiveAsync();
    }

    public string Path { get; }

    /// <summary>All notices up to and including the first with the assignment.</summary>
    public async Task<List<Notice>> UntilAsync(Func<Notice, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Longest);
        List<Notice> seen = [];
        while (seen.Count == 0 || !wanted(seen[^1]))
        {
            seen.Add(await _notices.Reader.ReadAsync(deadline.Token));
        }
        return seen;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Dispose();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                int length = await _socket.ReceiveAsync(buffer);
                _notices.Writer.TryWrite(new Notice(Encoding.UTF8.GetString(buffer, 0, length), Stopwatch.GetTimestamp()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _notices.Writer.TryComplete();
        }
    }
}

/// <param name="Text">Assignments, one in a line.</param>
/// <param name="Time">When it came, by <see cref="Stopwatch"/>.</param>
internal sealed record Notice(string Text, long Time)
{
    public bool Has(string assignment) => Text.Split('\n').Contains(assignment);

    /// <summary>What it says for people.</summary>
    public string? Status => Text.Split('\n').FirstOrDefault(line => line.StartsWith("STATUS=", StringComparison.Ordinal))?["STATUS=".Length..];
}
