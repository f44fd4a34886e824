using System.Runtime.InteropServices;

namespace Engine.Host.Commands;

/// <summary>Ctrl-C and SIGTERM as a cancellation. A second one is left to the system, which kills the process.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private volatile bool _isAnswered;

    public Interruption() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];

    public CancellationToken Token => _source.Token;

    /// <summary>Says that the computation has stopped and only the output remains, however long that takes.</summary>
    public void Answer() => _isAnswered = true;

    /// <summary>Completes when a stop was requested and <paramref name="grace"/> has passed without a response; never for null.</summary>
    public async Task OverdueAsync(Func<TimeSpan?> grace)
    {
        await _requested.Task.ConfigureAwait(false);
        await Task.Delay(grace() ?? Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        if (_isAnswered)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = _requested.TrySetResult();
        if (context.Cancel)
        {
            _source.Cancel();
        }
    }
}

/// <summary>What a verb gets besides its options.</summary>
internal sealed class VerbInvocation(Interruption interruption) : System.CommandLine.InvocationConfiguration
{
    public Interruption Interruption { get; } = interruption;
}
