using System.Diagnostics;
using Engine.Registry;
using Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>Keeps a process running for a model: one that dies or hangs is replaced, after a pause that grows while they die quickly.</summary>
internal sealed class Supervisor : IAsyncDisposable
{
    private readonly ChildProgram _program;
    private readonly ModelOptions _options;
    private readonly Supervision _rules;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<ChildProcess> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private ChildProcess? _last;
    private volatile Exception? _failure;
    private volatile bool _isDisposed;

    /// <summary>Whether the last process answered a request, or lived for a while.</summary>
    private bool _wasUseful;

    private Supervisor(ChildProgram program, ModelOptions options, Supervision rules, ILoggerFactory loggers)
    {
        (_program, _options, _rules, _loggers) = (program, options, rules, loggers);
        _logger = loggers.CreateLogger<Supervisor>();
    }

    /// <summary>The model's name in messages.</summary>
    public string Name => Path.GetFileName(_options.Path);

    public bool IsDisposed => _isDisposed;

    /// <summary>The process that is serving, or was the last to serve.</summary>
    public ChildProcess Last => Volatile.Read(ref _last) ?? throw new InvalidOperationException("A model is used after its process has been started.");

    public ModelState State
    {
        get
        {
            lock (_lock)
            {
                return _ready.Task.IsCompletedSuccessfully ? ModelState.Ready : _ready.Task.IsFaulted ? ModelState.Failed : ModelState.Degraded;
            }
        }
    }

    /// <summary>Why there is no process now.</summary>
    public Exception? Failure => State == ModelState.Ready ? null : _failure;

    /// <summary>Returns when the first process has loaded the model.</summary>
    /// <exception cref="EngineException">The model cannot be loaded, or its processes die.</exception>
    public static async Task<Supervisor> StartAsync(
        ChildProgram program, ModelOptions options, Supervision rules, ILoggerFactory loggers, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var supervisor = new Supervisor(program, options, rules, loggers);
        supervisor._running = Task.Run(() => supervisor.RunAsync(progress), CancellationToken.None);
        try
        {
            await supervisor.ReadyAsync(cancellationToken).ConfigureAwait(false);
            return supervisor;
        }
        catch
        {
            await supervisor.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The process that is serving; waits for one that is being started.</summary>
    /// <exception cref="EngineException">There is none left: the model has failed.</exception>
    public Task<ChildProcess> ReadyAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _ready.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops giving an ended process to requests.</summary>
    public void Withdraw(ChildProcess child)
    {
        lock (_lock)
        {
            if (_ready.Task is { IsCompletedSuccessfully: true } ready && ready.Result == child)
            {
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _disposal.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        Fail(new ObjectDisposedException(nameof(IModel), $"The model {Name} is disposed."));
    }

    private async Task RunAsync(IProgress<float>? progress)
    {
        int quick = 0;
        try
        {
            while (true)
            {
                string reason = await LiveAsync(_last is null ? progress : null).ConfigureAwait(false);
                quick = _wasUseful ? 0 : quick + 1;
                if (quick >= _rules.QuickDeaths)
                {
                    var failure = new NativeFailureException(
                        $"Running {Name} in its own process: it died {quick} times in a row soon after its start, the last time because {reason}. The next request tries again; the log has more.");
                    _logger.GivenUp(failure.Message);
                    Fail(failure);
                    return;
                }
                TimeSpan pause = quick == 0 ? TimeSpan.Zero : _rules.Pause * Math.Pow(2, quick - 1);
                _logger.ProcessGone(Name, reason, pause.TotalSeconds, quick, _rules.QuickDeaths);
                await Task.Delay(pause, _disposal.Token).ConfigureAwait(false);
                Instruments.ChildRestarts.Add(1, new KeyValuePair<string, object?>(TelemetryNames.Model, _options.Name ?? Name));
            }
        }
        catch (OperationCanceledException) when (_disposal.IsCancellationRequested)
        {
            // The model is no longer needed.
        }
#pragma warning disable CA1031 // Requests wait for the result of this loop: whatever ends it is passed on to them.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    /// <summary>The life of one process.</summary>
    /// <returns>Why it ended.</returns>
    /// <exception cref="EngineException">The first process reports that the model cannot be loaded.</exception>
    private async Task<string> LiveAsync(IProgress<float>? progress)
    {
        _wasUseful = false;
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(_program, _options, _rules, _loggers, progress);
        }
        catch (ConfigurationException e) when (Volatile.Read(ref _last) is not null)
        {
            _failure = e; // it could be started before: the program, or space for its socket, may come back
            return $"it could not be started ({e.Message.TrimEnd('.')})";
        }
        await using (child.ConfigureAwait(false))
        {
            try
            {
                await child.ConnectAsync(_disposal.Token).ConfigureAwait(false);
            }
            catch (ChildEndedException e)
            {
                _failure = e;
                return e.Reason;
            }
            catch (EngineException e) when (Volatile.Read(ref _last) is not null)
            {
                _failure = e; // it could be loaded before: the file, the memory or the device may come back
                return $"it could not load the model ({e.Message.TrimEnd('.')})";
            }
            long begin = Stopwatch.GetTimestamp();
            Volatile.Write(ref _last, child);
            lock (_lock)
            {
                _ready.TrySetResult(child);
            }
            string reason = await child.EndAsync(_disposal.Token).ConfigureAwait(false);
            _failure = new ModelUnavailableException($"Running {Name} in its own process: {reason}. It is started again.");
            Withdraw(child); // before its connection is closed: requests that fail because of that wait for the next one
            _wasUseful = child.HasAnswered || Stopwatch.GetElapsedTime(begin) >= _rules.Quick;
            return reason;
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure = failure;
            if (!_ready.TrySetException(failure))
            {
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _ready.SetException(failure);
            }
            _ = _ready.Task.Exception; // observes the exception if nobody is waiting
        }
    }
}
