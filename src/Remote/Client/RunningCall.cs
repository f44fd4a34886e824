using System.Runtime.ExceptionServices;
using Engine.Remote.Protocol;
using Grpc.Core;

namespace Engine.Remote.Client;

/// <summary>One request in flight: what ends it, and with which exception.</summary>
internal sealed class RunningCall : IDisposable
{
    /// <summary>How long a server may take, after a request's deadline, to report it itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly RemoteConnection _connection;
    private readonly string _model;
    private readonly TimeSpan? _deadline;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationToken _disposed;
    private readonly CancellationTokenSource _ended;

    /// <param name="connection">Where it goes.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="deadline">The request's.</param>
    /// <param name="disposed">Cancelled when the model is disposed.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public RunningCall(RemoteConnection connection, string model, TimeSpan? deadline, CancellationToken disposed, CancellationToken cancellationToken)
    {
        (_connection, _model, _deadline, _cancellationToken, _disposed) = (connection, model, deadline, cancellationToken, disposed);
        ThrowIfEnded();
        _ended = CancellationTokenSource.CreateLinkedTokenSource(disposed, cancellationToken);
        if (deadline is { } time && time > TimeSpan.Zero && time < TimeSpan.FromDays(1))
        {
            _ended.CancelAfter(time + Grace);
        }
    }

    /// <summary>Cancelled by the caller, by the model's disposal, or after the deadline.</summary>
    public CancellationToken Token => _ended.Token;

    public CallOptions Options => new(_connection.Headers, cancellationToken: _ended.Token);

    /// <summary>The answer's activations that have arrived.</summary>
    public IReadOnlyList<Activation> Activations { get; set; } = [];

    public void ThrowIfEnded()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(IModel));
    }

    /// <summary>Throws the exception that the caller sees.</summary>
    public Exception Translate(Exception e)
    {
        if (e is ProtocolFault fault)
        {
            return _connection.Describe(fault);
        }
        if (e is not (RpcException or OperationCanceledException))
        {
            ExceptionDispatchInfo.Throw(e);
        }
        return _cancellationToken.IsCancellationRequested ? new OperationCanceledException("The request was cancelled.", e, _cancellationToken)
            : _disposed.IsCancellationRequested ? new ObjectDisposedException(nameof(IModel), $"The model {_model} is disposed.")
            : _ended.IsCancellationRequested && _deadline is { } deadline ? new DeadlineExceededException(_model, deadline)
            : e is RpcException rpc ? _connection.Describe(rpc, Activations)
            : e;
    }

    public void Dispose() => _ended.Dispose();
}
