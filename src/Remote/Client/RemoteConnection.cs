using System.Net.Sockets;
using System.Security.Authentication;
using Engine.Remote.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Engine.Remote.Client;

/// <summary>The connection to an engine that serves models, and the messages for its failures.</summary>
internal sealed class RemoteConnection : IDisposable
{
    private readonly RemoteAddress _address;
    private readonly GrpcChannel _channel;

    /// <param name="address">Where it is.</param>
    /// <param name="key">The key that it requires; null for none.</param>
    /// <param name="certificateFile">As in <see cref="RemoteAddress.CreateHandler"/>.</param>
    /// <param name="patience">As for the handler; null for 15 s.</param>
    public RemoteConnection(RemoteAddress address, string? key, string? certificateFile, TimeSpan? patience = null)
    {
        _address = address;
        _channel = GrpcChannel.ForAddress(address.Channel, new GrpcChannelOptions
        {
            HttpHandler = address.CreateHandler(certificateFile, patience ?? TimeSpan.FromSeconds(15)),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
        Headers = key is null ? [] : new Metadata { { "authorization", $"Bearer {key}" } };
        Invoker = _channel.CreateCallInvoker();
        Calls = new Models.ModelsClient(Invoker);
    }

    /// <summary>The address as messages show it.</summary>
    public string Address => _address.Text;

    /// <summary>Whether an engine has answered before: later failures are not due to a wrong address.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>The headers of every call.</summary>
    public Metadata Headers { get; }

    public Models.ModelsClient Calls { get; }

    /// <summary>The client that makes the calls.</summary>
    public CallInvoker Invoker { get; }

    public void Dispose() => _channel.Dispose();

    /// <summary>The exception for a call that neither the caller nor the model ended.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="activations">The answer's activations that have arrived.</param>
    public EngineException Describe(RpcException e, IReadOnlyList<Activation> activations) =>
        Failures.Of(e) is { Kind: not Failures.Changed } failure ? Failures.ToException(failure, activations) : Describe(e);

    /// <summary>The exception for data that violates the protocol.</summary>
    public ModelUnavailableException Describe(ProtocolFault fault) => new(
        $"Reading an answer of {Address}: {fault.Message}. It says that it speaks version {ProtocolFault.Version} of the protocol and does not: update it.", fault);

    private EngineException Describe(RpcException e)
    {
        Exception? cause = e.Status.DebugException?.GetBaseException();
        return e.StatusCode switch
        {
            StatusCode.Unauthenticated or StatusCode.PermissionDenied => new ConfigurationException(
                $"Connecting to {Address}: expected its key to be accepted, it was refused{Detail(e)} Set {nameof(ModelOptions.Key)} or {nameof(ModelOptions.KeyFile)} to one of the server's keys."),
            StatusCode.ResourceExhausted => new InvalidRequestException(
                $"Sending a request to {Address}: expected no more bytes than that server takes (Serve:MaxBodyBytes there), found more. Send less at a time."),
            StatusCode.Unimplemented => Foreign("a server that has no such service", e),
            _ when cause is AuthenticationException => new ConfigurationException(
                $"Connecting to {Address}: expected a certificate for this host that is trusted, found another ({cause.Message.TrimEnd('.')}). Set {nameof(ModelOptions.CertificateFile)} to the server's certificate or its authority's, and {nameof(ModelOptions.Endpoint)} to a name in it."),
            _ when !HasAnswered && IsForeign(e, cause) => Foreign("a server that answers otherwise", e),
            _ when cause is HttpRequestException or IOException or SocketException || e.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Unknown or StatusCode.Aborted => new ModelUnavailableException(
                $"Asking {Address}: expected an engine that answers, found none ({Reason(e, cause)}). Start it there, or correct {nameof(ModelOptions.Endpoint)}; then send the request again.", e),
            _ => new ModelUnavailableException(
                $"Asking {Address}: expected an answer, found the error {e.StatusCode} ({Reason(e, cause)}). Its log may have the details.", e),
        };
    }

    // A silent server may still be an engine; the framework reports silence with the same type.
    private static bool IsForeign(RpcException e, Exception? cause) =>
        e.Status.Detail.StartsWith("Bad gRPC response", StringComparison.Ordinal)
        || (cause is HttpProtocolException or HttpRequestException { HttpRequestError: HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError or HttpRequestError.InvalidResponse }
            && !e.Status.Detail.Contains("ping", StringComparison.OrdinalIgnoreCase));

    private ModelUnavailableException Foreign(string found, RpcException e) => new(
        $"Connecting to {Address}: expected an engine that speaks version {ProtocolFault.Version} of the protocol of remote models, found {found} ({Reason(e, null)}). "
        + "Serve the models there (Serve:Remote), and name that address.", e);

    private static string Detail(RpcException e) => e.Status.Detail.Length > 0 ? $": {e.Status.Detail.TrimEnd('.')}." : ".";

    // The framework reports a socket that nobody listens on differently.
    private static string Reason(RpcException e, Exception? cause) =>
        cause is SocketException { SocketErrorCode: SocketError.AddressNotAvailable } ? "there is no such socket" : (cause?.Message ?? e.Status.Detail).TrimEnd('.');
}
