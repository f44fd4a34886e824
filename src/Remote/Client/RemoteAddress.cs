using System.IO.Pipes;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Engine.Remote.Client;

/// <summary>The address of a remote model: another machine over TLS, a Unix socket, a Windows named pipe, or this machine without TLS.</summary>
internal sealed class RemoteAddress
{
    private const string Examples = "such as https://host:8443, unix:/run/engine.sock or http://127.0.0.1:8081";
    private const string UnixScheme = "unix:";
    private const string PipeScheme = "pipe:";

    private readonly EndPoint? _socket;
    private readonly string? _pipe;

    private RemoteAddress(string text, Uri channel, EndPoint? socket = null, string? pipe = null) => (Text, Channel, _socket, _pipe) = (text, channel, socket, pipe);

    /// <summary>As it was given.</summary>
    public string Text { get; }

    /// <summary>The channel's address; a placeholder for a socket or pipe.</summary>
    public Uri Channel { get; }

    /// <exception cref="ConfigurationException">The text is not an address, the system does not support it, or secrets would travel over it unencrypted.</exception>
    public static RemoteAddress Parse(string text, bool allowUnencrypted)
    {
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return new RemoteAddress(text, new Uri("http://localhost"), SocketAt(text, text[UnixScheme.Length..]));
        }
        if (text.StartsWith(PipeScheme, StringComparison.Ordinal))
        {
            return OperatingSystem.IsWindows() && text.Length > PipeScheme.Length
                ? new RemoteAddress(text, new Uri("http://localhost"), pipe: text[PipeScheme.Length..])
                : throw Refusal(text, OperatingSystem.IsWindows() ? "the name of a pipe after 'pipe:'" : "an address of this system", "a named pipe" + (OperatingSystem.IsWindows() ? " without one" : " of Windows"));
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw Refusal(text, "an address", "something else");
        }
        if (uri.AbsolutePath is not ("" or "/") || uri.Query.Length > 0 || uri.UserInfo.Length > 0)
        {
            throw Refusal(text, "a host and a port alone", "more");
        }
        return uri.Scheme == "https" || uri.IsLoopback || allowUnencrypted ? new RemoteAddress(text, uri) : throw new ConfigurationException(
            $"Connecting to {text}: expected https:// for another machine, found http://, over which key, prompts and answers travel readable. "
            + $"Use https://, or set {nameof(ModelOptions.AllowUnencrypted)} to true in a network that you trust.");
    }

    /// <summary>The connections to it.</summary>
    /// <param name="certificateFile">Certificates in PEM form to trust, in place of the system's; null for the system's.</param>
    /// <param name="patience">How long a remote may leave a ping unanswered; also the interval between pings while requests run.</param>
    /// <exception cref="ConfigurationException">There are no certificates in the file.</exception>
    public SocketsHttpHandler CreateHandler(string? certificateFile, TimeSpan patience)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A remote that hangs without dying answers no ping: its requests are ended then.
            KeepAlivePingDelay = patience,
            KeepAlivePingTimeout = patience,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            InitialHttp2StreamWindowSize = 2 << 20,
            UseProxy = false,
        };
        if (_socket is not null || _pipe is not null)
        {
            handler.ConnectCallback = (_, cancellationToken) => _pipe is { } pipe ? ConnectAsync(pipe, cancellationToken) : ConnectAsync(_socket!, cancellationToken);
        }
        if (certificateFile is not null)
        {
            X509Certificate2Collection trusted = ReadCertificates(certificateFile);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is X509Certificate2 presented && IsTrusted(presented, errors, trusted),
            };
        }
        return handler;
    }

    /// <summary>Whether a certificate is one of the trusted ones, or was issued by one of them, for this host.</summary>
    private static bool IsTrusted(X509Certificate2 presented, SslPolicyErrors errors, X509Certificate2Collection trusted)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false; // no certificate, or one for another host
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(presented);
    }

    private static X509Certificate2Collection ReadCertificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Refusal($"it cannot be read: {e.Message.TrimEnd('.')}");
        }
        return certificates.Count > 0 ? certificates : throw Refusal("it has none");

        ConfigurationException Refusal(string found) => new(
            $"Reading the certificate file '{path}' ({nameof(ModelOptions.CertificateFile)}): expected a certificate in PEM form, {found}. Name the file of the server's certificate, or of the authority that issued it.");
    }

    private static UnixDomainSocketEndPoint SocketAt(string text, string path)
    {
        try
        {
            return Path.IsPathRooted(path) ? new UnixDomainSocketEndPoint(path) : throw Refusal(text, "the full path of a socket after 'unix:'", $"'{path}'");
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Refusal(text, "the path of a socket that the system can bind (about 100 bytes)", $"one of {path.Length} characters");
        }
        catch (PlatformNotSupportedException)
        {
            throw Refusal(text, "an address of this system", "a Unix socket");
        }
    }

    private static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string pipe, CancellationToken cancellationToken)
    {
        var stream = new NamedPipeClientStream(".", pipe, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        try
        {
            await stream.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ConfigurationException Refusal(string text, string expected, string found) =>
        new($"Reading the {nameof(ModelOptions.Endpoint)} '{text}': expected {expected}, {Examples}, found {found}.");
}
