using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Engine.Benchmarks.Soak;

/// <summary>The real <c>engine serve</c> in a folder of its own: a model in its own process, one that is swapped, an encoder, and the managed reference.</summary>
internal sealed class SoakServer : IDisposable
{
    public const string Isolated = "default", Changing = "changing", Encoder = "encoder", Reference = "oracle";

    private const int Kill = 9, Terminate = 15;

    private static readonly string[] Files = ["builtin:llama-tools", "builtin:llama-stories"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-soak-");
    private readonly SoakOptions _options;
    private readonly Process _process;
    private readonly List<string> _log = [];
    private int _swaps;

    public SoakServer(SoakOptions options)
    {
        _options = options;
        Write();
        var start = new ProcessStartInfo("dotnet", ["exec", options.Host, "serve", "--urls", "http://127.0.0.1:0"]) { RedirectStandardError = true, WorkingDirectory = _folder.FullName };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public Uri? Address { get; private set; }

    public string RemoteEndpoint => $"unix:{_folder.FullName}/engine.sock";

    /// <summary>How often the configuration was changed.</summary>
    public int Swaps => _swaps;

    /// <summary>How many children were killed.</summary>
    public int Kills { get; private set; }

    /// <summary>Every child that was ever seen.</summary>
    public HashSet<int> Seen { get; } = [];

    /// <summary>Log lines at error level.</summary>
    public string[] Errors
    {
        get { lock (_log) { return [.. _log.Where(line => line.StartsWith("fail", StringComparison.Ordinal) || line.StartsWith("crit", StringComparison.Ordinal))]; } }
    }

    public async Task StartedAsync()
    {
        for (var waited = Stopwatch.StartNew(); Address is null; await Task.Delay(100).ConfigureAwait(false))
        {
            if (_process.HasExited || waited.Elapsed > TimeSpan.FromMinutes(2))
            {
                lock (_log)
                {
                    throw new InvalidOperationException("The server has not started.\n" + string.Join('\n', _log));
                }
            }
        }
    }

    /// <summary>Points the changing model to another file.</summary>
    public void Swap()
    {
        _swaps++;
        Write();
    }

    /// <summary>Kills the process of the isolated model.</summary>
    public void KillChild()
    {
        if (Children() is [var child, ..])
        {
            _ = Send(child, Kill);
            Kills++;
        }
    }

    /// <summary>The server's children that live.</summary>
    public int[] Children()
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) && ParentOf(id) == Id)
            {
                children.Add(id);
            }
        }
        Seen.UnionWith(children);
        return [.. children];
    }

    /// <summary>Stops it as a service manager does.</summary>
    /// <returns>Its exit code, and those of its children that live on.</returns>
    public async Task<(int ExitCode, int[] Left)> StopAsync()
    {
        _ = Send(Id, Terminate);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(false);
        await Task.Delay(2000).ConfigureAwait(false); // its children end with it
        return (_process.ExitCode, [.. Seen.Where(id => Directory.Exists($"/proc/{id}") && File.ReadAllText($"/proc/{id}/cmdline").Contains(Path.GetFileName(_options.Host), StringComparison.Ordinal))]);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int? ParentOf(int id)
    {
        try
        {
            // pid (name) state parent …, and a name may have spaces.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // it has ended in the meantime
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_log)
        {
            _log.Add(line);
        }
        int at = line.IndexOf("Serving on http://", StringComparison.Ordinal);
        if (at >= 0)
        {
            Address = new Uri(line[(at + "Serving on ".Length)..].Split(',', ';')[0]);
        }
    }

    // Written beside and moved, as a careful administrator does.
    private void Write()
    {
        var models = new JsonObject
        {
            [Isolated] = Model("builtin:llama-stories", "llama.cpp", isolation: "process"),
            [Changing] = Model(Files[_swaps % Files.Length], "llama.cpp"),
            [Encoder] = Model("builtin:bert-facts", "llama.cpp"),
            [Reference] = Model("builtin:llama-stories", "reference"),
        };
        var engine = new JsonObject { ["Models"] = models };
        if (_options.Shadow > 0)
        {
            engine["Shadow"] = new JsonObject { ["Rate"] = _options.Shadow, ["Oracle"] = "reference", ["Store"] = Path.Combine(_folder.FullName, "shadow.db") };
        }
        var settings = new JsonObject
        {
            ["Engine"] = engine,
            ["Serve"] = new JsonObject { ["Remote"] = new JsonArray(RemoteEndpoint) },
            ["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "Information", ["Microsoft.AspNetCore"] = "Warning" } },
        };
        string path = Path.Combine(_folder.FullName, "appsettings.json");
        File.WriteAllText(path + ".new", settings.ToJsonString());
        File.Move(path + ".new", path, overwrite: true);
    }

    private static JsonObject Model(string path, string backend, string? isolation = null)
    {
        var model = new JsonObject { ["Path"] = path, ["Backend"] = backend, ["Device"] = "cpu", ["Threads"] = 1 };
        if (path != "builtin:bert-facts")
        {
            (model["Slots"], model["ContextLength"], model["Queue"]) = (4, 256, 64);
        }
        if (isolation is not null)
        {
            model["Isolation"] = isolation;
        }
        return model;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054 // Two numbers, which need no marshalling.
    private static extern int Send(int process, int signal);
#pragma warning restore SYSLIB1054
}
