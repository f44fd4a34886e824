using System.Runtime.InteropServices;

namespace Engine.Host.Commands;

/// <summary>Ctrl-C and SIGTERM as a cancellation. The second one is left to the system, which ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];

    public CancellationToken Token => _source.Token;

    /// <summary>Ends when a stop was asked for and <paramref name="grace"/> has passed since; never for null.</summary>
    public async Task OverdueAsync(TimeSpan? grace)
    {
        await _requested.Task.ConfigureAwait(false);
        await Task.Delay(grace ?? Timeout.InfiniteTimeSpan).ConfigureAwait(false);
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
