using System.ComponentModel;
using System.Diagnostics;
using Engine.LlamaCpp;
using Engine.Remote.Client;
using Engine.Telemetry;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>One process that runs a model, from its start to its end.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>Environment variables that belong to the parent alone: those of systemd, and its addresses.</summary>
    private static readonly string[] ParentsOwn = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "ASPNETCORE_URLS", "URLS"];

    private readonly Process _process;
    private readonly Task<int> _exit;
    private readonly ChildFolder _folder;
    private readonly ChildOutput _output;
    private readonly ReportedBatch _batch;
    private readonly Supervision _rules;
    private readonly TaskCompletionSource<string> _condemned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposal = new();

    /// <summary>Cancelled when it has ended or is given up. Never disposed: it may be cancelled after this object's disposal.</summary>
    private readonly CancellationTokenSource _ending = new();

    private Task _watching = Task.CompletedTask;
    private RemoteModel? _model;
    private volatile bool _hasAnswered;

    private ChildProcess(Process process, ChildFolder folder, ChildOutput output, ReportedBatch batch, Supervision rules)
    {
        (_process, _folder, _output, _batch, _rules) = (process, folder, output, batch, rules);
        _exit = ExitAsync(process);
        _ = CancelAsync();

        async Task CancelAsync()
        {
            await Task.WhenAny(_exit, _condemned.Task).ConfigureAwait(false);
            await _ending.CancelAsync().ConfigureAwait(false);
        }
    }

    public int Id => _process.Id;

    /// <summary>The model, once it is connected.</summary>
    public RemoteModel Model => _model ?? throw new InvalidOperationException("The process is connected before its model is used.");

    /// <summary>Whether it has completed a request.</summary>
    public bool HasAnswered => _hasAnswered;

    /// <summary>Starts it.</summary>
    /// <exception cref="ConfigurationException">The program cannot be started.</exception>
    public static ChildProcess Start(
        ChildProgram program, ModelOptions model, Supervision rules, ILoggerFactory loggers, IProgress<float>? progress, NativeVariant? variant = null)
    {
        var folder = new ChildFolder();
        try
        {
            ILogger logger = loggers.CreateLogger("Engine");
            LogLevel least = Enum.GetValues<LogLevel>().Where(level => level != LogLevel.None && logger.IsEnabled(level)).DefaultIfEmpty(LogLevel.None).Min();
            ChildOrder order = ChildOrder.For(model, folder.Endpoint, least) with { Variant = variant };
            var start = new ProcessStartInfo(program.Path, program.Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            Array.ForEach(ParentsOwn, name => start.Environment.Remove(name));
            Process process = Process.Start(start) ?? throw new Win32Exception("it did not start");
            var batch = new ReportedBatch(model.Name ?? Path.GetFileName(model.Path));
            var output = new ChildOutput(loggers, progress, batch);
            process.OutputDataReceived += (_, line) => output.Read(line.Data);
            process.ErrorDataReceived += (_, line) => output.Read(line.Data);
            // Before waiting for its end, which includes reading the rest of its output.
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            var child = new ChildProcess(process, folder, output, batch, rules);
            child.Order(order);
            return child;
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is not (Win32Exception or IOException))
            {
                throw;
            }
            throw new ConfigurationException(
                $"Starting a process for a model: expected '{program.Path}' to start, found: {e.Message.TrimEnd('.')}. Register a {nameof(ChildProgram)} that names a program which can be started.");
        }
    }

    /// <summary>Waits until it has loaded its model.</summary>
    /// <exception cref="ChildEndedException">It has ended before.</exception>
    /// <exception cref="EngineException">The model cannot be loaded; the child's own sentence.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_output.Listens, _exit, Task.Delay(_rules.Start, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_output.Listens.IsCompleted)
        {
            throw new ChildEndedException(_exit.IsCompleted ? await EndAsync(cancellationToken).ConfigureAwait(false)
                : $"it has not begun to listen within {_rules.Start.TotalSeconds:0} s; its program must begin with {nameof(EngineChild)}.{nameof(EngineChild.RunIfAskedAsync)}");
        }
        RemoteAddress address = RemoteAddress.Parse(_folder.Endpoint, allowUnencrypted: false);
        _watching = Task.Run(() => WatchAsync(address), CancellationToken.None);
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            _model = await RemoteModel.ConnectAsync(new RemoteConnection(address, null, null), "", connecting.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ModelUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            if (!await IsEndingAsync().ConfigureAwait(false))
            {
                throw;
            }
            throw new ChildEndedException(await EndAsync(cancellationToken).ConfigureAwait(false), e);
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Why, for a sentence.</returns>
    public async Task<string> EndAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_exit, _condemned.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_condemned.Task.IsCompleted)
        {
            return await _condemned.Task.ConfigureAwait(false);
        }
        string words = _output.LastWords;
        return ExitText(await _exit.ConfigureAwait(false)) + (words.Length == 0 ? "" : $": {words.TrimEnd('.')}");
    }

    /// <summary>Whether it has ended, or does within a moment: a connection breaks before the process is reported as ended.</summary>
    public async Task<bool> IsEndingAsync()
    {
        await Task.WhenAny(_exit, _condemned.Task, Task.Delay(_rules.Loss)).ConfigureAwait(false);
        return _exit.IsCompleted || _condemned.Task.IsCompleted;
    }

    /// <summary>Marks it as unusable although it is still running.</summary>
    public void Condemn(string reason) => _condemned.TrySetResult(reason);

    public void Answered() => _hasAnswered = true;

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        if (_model is { } model)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
        if (!_condemned.Task.IsCompleted && !_exit.IsCompleted)
        {
            // Closing standard input ends it.
            _process.StandardInput.Close();
            await ((Task)_exit).WaitAsync(_rules.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (!_exit.IsCompleted)
        {
            _process.Kill(); // SIGKILL, which works even on a stopped process
            await _exit.ConfigureAwait(false);
        }
        _process.Dispose();
        _batch.Dispose();
        _folder.Dispose();
        _disposal.Dispose();
    }

    private void Order(ChildOrder order)
    {
        try
        {
            _process.StandardInput.WriteLine(order.ToLine());
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has already ended; its exit code says why.
        }
    }

    /// <summary>Asks now and then whether it is alive: a process can hang, or be stopped, without dying.</summary>
    private async Task WatchAsync(RemoteAddress address)
    {
        using var channel = GrpcChannel.ForAddress(address.Channel, new GrpcChannelOptions { HttpHandler = address.CreateHandler(null, _rules.Hang), DisposeHttpClient = true });
        var health = new Health.HealthClient(channel);
        long answered = Stopwatch.GetTimestamp();
        try
        {
            while (!_exit.IsCompleted)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_disposal.Token);
                limit.CancelAfter(_rules.Hang);
                try
                {
                    await health.CheckAsync(new HealthCheckRequest(), cancellationToken: limit.Token).ResponseAsync.ConfigureAwait(false);
                    answered = Stopwatch.GetTimestamp();
                }
                catch (RpcException) when (Stopwatch.GetElapsedTime(answered) >= _rules.Hang && !_disposal.IsCancellationRequested)
                {
                    Condemn($"it has not answered for {_rules.Hang.TotalSeconds:0.#} s, and was killed");
                    return;
                }
                catch (RpcException)
                {
                    // Asked again until the limit has passed, or the process has ended.
                }
                await Task.Delay(_rules.Pulse, _disposal.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It is no longer needed.
        }
    }

    /// <summary>Kept, because the process may be disposed before everyone waiting for its end has read it.</summary>
    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }

    // 128 plus the signal, as .NET and shells report it.
    private static string ExitText(int code) => (OperatingSystem.IsWindows() ? 0 : code - 128) switch
    {
        4 => "it ran an instruction that this processor does not have (SIGILL)",
        6 => "it aborted (SIGABRT)",
        7 => "it read a file that had changed or gone (SIGBUS)",
        9 => "it was killed (SIGKILL), as the system also does where memory runs out",
        11 => "it read memory that is not its own (SIGSEGV)",
        > 0 and var signal => $"it was ended by signal {signal}",
        _ => $"it ended with exit code {code}",
    };
}
