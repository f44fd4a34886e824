using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Host.Api;
using Engine.Host.Tests.Isolation;
using Engine.Remote;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Engine.Host.Tests.Api;

/// <summary>Other engines use the server's models, under the same keys and limits as HTTP clients, until it stops.</summary>
public sealed class RemoteServingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly GenerateRequest Some = new() { Prompt = Prompt.FromTokens([1]), MaxTokens = 3 };

    [Fact]
    public async Task The_models_are_served_beside_the_HTTP_API()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote:0", Socket(folder)));
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder) });
        Assert.Equal([" one", " two", " three"], (await model.GenerateAsync(Some).ToListAsync()).Select(token => token.Text));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("""{"prompt": "a", "max_tokens": 2}""")).StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_is_answered_405_with_the_right_one_though_gRPC_takes_every_path()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote:0", Socket(folder)));
        using HttpResponseMessage response = await server.Client.GetAsync("/v1/completions");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("POST", Assert.Single(response.Content.Headers.Allow));
        Assert.Contains("There is no GET /v1/completions: the path takes POST.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage unknown = await server.Client.GetAsync("/v1/complete");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.DoesNotContain("grpc", await unknown.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_model_of_another_engine_is_judged_by_the_reference_on_a_local_file()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories", ("Serve:Remote", Socket(folder)), ("Engine:Models:default:Backend", "llama.cpp"));
        Outcome outcome = await EngineProcess.RunAsync("validate", "--endpoint", Socket(folder), "--reference-model", "builtin:llama-stories", "--text", "Once upon a time");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("PASS", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_disconnect_at_any_moment_are_not_server_errors()
    {
        using var folder = new TemporaryFolder();
        using var log = new IsolatedModels();
        await using TestServer server = await TestServer.StartModelAsync(
            "builtin:llama-stories", services => services.AddLogging(logging => logging.AddProvider(log)), ("Serve:Remote", Socket(folder)),
            ("Logging:LogLevel:Default", "Information"), ("Engine:Models:default:Backend", "reference"), ("Engine:Models:default:Slots", "8"));
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder) });
        for (int i = 0; i < 300; i++)
        {
            // At every moment: while the request is sent, while it waits, while rows are written.
            using var leave = new CancellationTokenSource(TimeSpan.FromMicroseconds(i * 20));
            try
            {
                await model.ScoreAsync(new() { Tokens = Prompt.FromTokens([.. Enumerable.Repeat(5, 100)]), BlockRows = 1 }, leave.Token).ToListAsync(CancellationToken.None);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                // As it was meant.
            }
        }
        Assert.DoesNotContain(log.Log, entry => entry.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task The_servers_keys_are_required()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote", Socket(folder)), ("Serve:ApiKeys:0", "right"));
        var none = await Assert.ThrowsAsync<ConfigurationException>(async () => await LoadAsync(new() { Endpoint = Socket(folder) }));
        Assert.StartsWith($"Connecting to {Socket(folder)}: expected its key to be accepted, it was refused: Taking a request: expected one of this server's API keys", none.Message, StringComparison.Ordinal);
        Assert.EndsWith("Set Key or KeyFile to one of the server's keys.", none.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<ConfigurationException>(async () => await LoadAsync(new() { Endpoint = Socket(folder), Key = "wrong" }));
        Assert.Contains("found another. Check the key", wrong.Message, StringComparison.Ordinal);
        string file = folder.File("key", "# of the server\nright\n"u8.ToArray());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder), KeyFile = file });
        Assert.Equal(3, (await model.GenerateAsync(Some).ToListAsync()).Count);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_gets_a_Retry_After()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote", Socket(folder)), ("Serve:RequestsPerMinute", "1"));
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder) });
        Assert.Equal(3, (await model.GenerateAsync(Some).ToListAsync()).Count);
        var error = await Assert.ThrowsAsync<QueueFullException>(() => model.GenerateAsync(Some).ToListAsync().AsTask());
        Assert.Contains("expected at most 1 requests a minute", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_stopping_server_finishes_running_requests_and_accepts_no_more()
    {
        using var folder = new TemporaryFolder();
        var going = new TaskCompletionSource();
        var backend = new ScriptedBackend { Generating = going.Task };
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:Remote", Socket(folder)));
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder) });
        Task<List<GeneratedToken>> running = model.GenerateAsync(Some).ToListAsync().AsTask();
        Assert.True(await backend.Begun.WaitAsync(Soon));
        Task stopping = server.App.StopAsync();
        EngineException error = await RefusedAsync();
        Assert.IsType<ModelUnavailableException>(error);
        Assert.Contains("the server is stopping", error.Message, StringComparison.Ordinal);
        going.SetResult();
        Assert.Equal(3, (await running.WaitAsync(Soon)).Count);
        await stopping.WaitAsync(Soon);

        async Task<EngineException> RefusedAsync()
        {
            while (true)
            {
                using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)); // it may have been taken just before
                try
                {
                    await model.GenerateAsync(Some, moment.Token).ToListAsync(CancellationToken.None);
                }
                catch (EngineException e)
                {
                    return e;
                }
                catch (OperationCanceledException)
                {
                    // Taken: the stop had not begun.
                }
            }
        }
    }

    [Fact]
    public async Task TLS_takes_the_certificate_of_the_configuration()
    {
        using var folder = new TemporaryFolder();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=engine tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await File.WriteAllTextAsync(folder.File("certificate.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
        await using TestServer server = await TestServer.StartAsync(
            new ScriptedBackend(), ("Serve:Remote", "https://127.0.0.1:0"),
            ("Kestrel:Certificates:Default:Path", folder.File("certificate.pem")), ("Kestrel:Certificates:Default:KeyPath", folder.File("key.pem")));
        string endpoint = server.App.Urls.Single(url => url.StartsWith("https", StringComparison.Ordinal));
        await using IModel model = await LoadAsync(new() { Endpoint = endpoint, CertificateFile = folder.File("certificate.pem") });
        Assert.Equal(3, (await model.GenerateAsync(Some).ToListAsync()).Count);
    }

    [Fact]
    public async Task The_health_service_says_whether_the_models_answer_and_needs_no_key()
    {
        using var folder = new TemporaryFolder();
        var backend = new ScriptedBackend();
        await using TestServer server = await TestServer.StartAsync(backend, ("Serve:Remote", Socket(folder)), ("Serve:ApiKeys:0", "right"));
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.File("engine.sock")), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
            DisposeHttpClient = true,
        });
        var health = new Grpc.Health.V1.Health.HealthClient(channel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest())).Status);
        backend.Refusals.Enqueue(new NativeFailureException("It is broken."));
        backend.LoadingFailures.Enqueue(new NativeFailureException("It stays broken."));
        using (HttpResponseMessage refused = await server.Client.SendAsync(new(HttpMethod.Post, "/v1/completions") { Content = new StringContent("""{"prompt": [1]}"""), Headers = { { "x-api-key", "right" } } }))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task A_request_with_too_many_bytes_is_refused_with_a_message()
    {
        using var folder = new TemporaryFolder();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote", Socket(folder)), ("Serve:MaxBodyBytes", "1000"));
        await using IModel model = await LoadAsync(new() { Endpoint = Socket(folder) });
        var error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.GenerateAsync(Some with { Prompt = Prompt.FromText(new string('a', 2000)) }).ToListAsync().AsTask());
        Assert.Equal($"Sending a request to {Socket(folder)}: expected no more bytes than that server takes (Serve:MaxBodyBytes there), found more. Send less at a time.", error.Message);
        Assert.Equal(3, (await model.GenerateAsync(Some).ToListAsync()).Count);
    }

    [Fact]
    public async Task An_invalid_address_is_refused()
    {
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote", "unix:engine.sock")));
        Assert.Contains("Remote has 'unix:engine.sock'. Set each to an address such as https://0.0.0.0:8443", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_serves_the_models_of_another_engine()
    {
        using var folder = new TemporaryFolder();
        await using TestServer far = await TestServer.StartAsync(new ScriptedBackend(), ("Serve:Remote", Socket(folder)));
        await using TestServer near = await TestServer.StartAsync(Array.Empty<IModelBackend>(), ("Engine:Models:default:Endpoint", Socket(folder)));
        var answer = await near.CompleteAsync("""{"prompt": [1], "max_tokens": 3}""");
        Assert.Equal(" one two three", answer.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [LinuxFact]
    public void A_socket_left_by_a_killed_server_is_free_and_one_in_use_is_not()
    {
        using var folder = new TemporaryFolder();
        string[] urls = ["http://127.0.0.1:1", "http://" + Socket(folder)];
        string path = folder.File("engine.sock");
        SocketFiles.Free(urls);
        using (var listener = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var used = Assert.Throws<ConfigurationException>(() => SocketFiles.Free(urls));
            Assert.Equal($"Listening on unix:{path}: another program listens there. Stop it, or choose another path.", used.Message);
            File.Move(path, path + ".left"); // the name under which its end would remove it
        }
        File.Move(path + ".left", path);
        SocketFiles.Free(urls);
        Assert.False(File.Exists(path));
        File.WriteAllText(path, "mine");
        var file = Assert.Throws<ConfigurationException>(() => SocketFiles.Free(urls));
        Assert.Contains("found a file there that is not a socket", file.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(path));
    }

    private static string Socket(TemporaryFolder folder) => "unix:" + folder.File("engine.sock");

    private static ValueTask<IModel> LoadAsync(ModelOptions options) => new RemoteBackend().LoadAsync(options);
}
