using System.Diagnostics;
using System.Net.Sockets;

namespace Engine.Benchmarks;

/// <summary>A server in its own process, on a free port.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, int port)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
    }

    public HttpClient Client { get; }

    public long PeakMebibytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64 >> 20;
        }
    }

    public static ServerProcess Start(string program, Func<int, string[]> arguments, Dictionary<string, string> environment)
    {
        int port = FreePort();
        var start = new ProcessStartInfo(program, arguments(port)) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new ServerProcess(process, port);
    }

    public async Task WaitAsync()
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(200).ConfigureAwait(false))
        {
            try
            {
                using HttpResponseMessage health = await Client.GetAsync(new Uri("/health", UriKind.Relative)).ConfigureAwait(false);
                if (health.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!_process.HasExited && waited.Elapsed < TimeSpan.FromMinutes(2))
            {
                // It does not listen yet.
            }
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Client.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
