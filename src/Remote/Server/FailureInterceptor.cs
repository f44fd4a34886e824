using Engine.Remote.Protocol;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Server;

/// <summary>Sends clients the contract's typed errors; for others, only says that the server's log has the details.</summary>
internal sealed partial class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception e, ServerCallContext context)
    {
        switch (e)
        {
            case EngineException known:
                return Failures.ToRpc(known);
            case var _ when context.CancellationToken.IsCancellationRequested:
                // The client has gone, or the server is stopping: writing fails in many ways then.
                return Failures.ToRpc(new ModelUnavailableException("Answering a request of another engine: the server stops, or its client has gone. Send the request again."));
            case ObjectDisposedException:
                return Failures.ToRpc(new ModelUnavailableException("Answering a request of another engine: the model was unloaded meanwhile. Send the request again."));
            default:
                LogFailure(logger, e);
                return Failures.ToRpc(new EngineException("Answering a request of another engine: the server met an unexpected error. Its log has the details."));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A request of another engine failed")]
    private static partial void LogFailure(ILogger logger, Exception failure);
}
