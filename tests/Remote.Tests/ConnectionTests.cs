using System.Net;
using System.Net.Sockets;
using Engine.Remote.Client;
using Engine.Remote.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Remote.Tests;

/// <summary>Whatever is or is not at the other end, the user gets one message that says what to do.</summary>
public sealed class ConnectionTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("", "Endpoint is empty. Set it to where the other engine listens")]
    [InlineData("somewhere", "expected an address, such as https://host:8443")]
    [InlineData("ftp://host", "expected an address, such as https://host:8443")]
    [InlineData("unix:engine.sock", "expected the full path of a socket after 'unix:'")]
    [InlineData("https://host/path", "expected a host and a port alone")]
    [InlineData("http://192.0.2.1:80", "expected https:// for another machine, found http://, over which key, prompts and answers travel readable")]
    public async Task An_invalid_endpoint_is_refused(string endpoint, string message)
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = endpoint }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_beside_an_endpoint_is_refused()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = "unix:/nowhere", Path = "model.gguf" }));
        Assert.Contains("Path is 'model.gguf', and Endpoint names another engine", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task A_key_file_that_others_can_read_is_refused()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("key", "secret\n"u8.ToArray());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = "unix:/nowhere", KeyFile = file }));
        Assert.Contains($"KeyFile is '{file}', which others on this machine can read. Let its owner alone have it (chmod 600 '{file}').", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task If_nobody_listens_the_message_says_so()
    {
        using var folder = new TemporaryFolder();
        string endpoint = "unix:" + folder.File("none.sock");
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => LoadAsync(new() { Endpoint = endpoint }));
        Assert.StartsWith($"Asking {endpoint}: expected an engine that answers, found none (there is no such socket)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_configured_there_is_refused_with_those_that_are()
    {
        using var folder = new TemporaryFolder();
        await using RemoteServer server = await RemoteServer.StartAsync(
            new Dictionary<string, ModelOptions> { ["default"] = new() { Path = TinyFamilies.Llama(folder.File("llama")), Backend = "reference" } },
            engine => ReferenceModels.ReferenceModelsEngineBuilder.AddReferenceModels(engine));
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = server.Socket, RemoteModel = "other" }));
        Assert.Contains("Looking for the model 'other': expected one of the configured models, which are 'default'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_is_trusted_where_it_was_named_and_for_its_own_host()
    {
        await using RemoteServer server = await RemoteServer.StartAsync(new OneModel(new HeldModel(HeldModel.Words)));
        await using (IModel _ = await new RemoteBackend().LoadAsync(new() { Endpoint = server.Tls, CertificateFile = server.CertificateFile }))
        {
            // It is.
        }
        var unknown = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = server.Tls }));
        Assert.StartsWith($"Connecting to {server.Tls}: expected a certificate for this host that is trusted, found another", unknown.Message, StringComparison.Ordinal);
        string otherName = server.Tls.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var named = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = otherName, CertificateFile = server.CertificateFile }));
        Assert.StartsWith($"Connecting to {otherName}: expected a certificate for this host that is trusted, found another", named.Message, StringComparison.Ordinal);
        await using RemoteServer other = await RemoteServer.StartAsync(new OneModel(new HeldModel(HeldModel.Words)));
        var foreign = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync(new() { Endpoint = other.Tls, CertificateFile = server.CertificateFile }));
        Assert.Contains("found another", foreign.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_server_is_not_taken_for_an_engine()
    {
        await using RemoteServer server = await RemoteServer.StartAsync(_ => { }, app => app.MapGet("/", () => "hello"));
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => LoadAsync(new() { Endpoint = server.Socket }));
        Assert.StartsWith($"Connecting to {server.Socket}: expected an engine that speaks version 1 of the protocol of remote models, found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_HTTP_1_alone_is_not_taken_for_an_engine()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ended = new CancellationTokenSource();
        Task serving = AnswerAsync();
        string endpoint = $"http://{listener.LocalEndpoint}";
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => LoadAsync(new() { Endpoint = endpoint }).WaitAsync(Soon));
        Assert.Contains("expected an engine", error.Message, StringComparison.Ordinal);
        await ended.CancelAsync();
        await serving;

        async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    using TcpClient client = await listener.AcceptTcpClientAsync(ended.Token);
                    await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), ended.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string endpoint = $"http://{listener.LocalEndpoint}";
        var connection = new RemoteConnection(RemoteAddress.Parse(endpoint, allowUnencrypted: false), key: null, certificateFile: null, patience: TimeSpan.FromSeconds(1));
        Task<RemoteModel> connecting = RemoteModel.ConnectAsync(connection, "", CancellationToken.None);
        using TcpClient client = await listener.AcceptTcpClientAsync(); // and nothing more
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => connecting.WaitAsync(Soon));
        Assert.StartsWith($"Asking {endpoint}: expected an engine that answers, found none", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Liars => new()
    {
        { "another version", "found one that speaks version 7" },
        { "no card", "expected a model's card" },
        { "no vocabulary", "expected a vocabulary of 4 tokens, found 0" },
        { "a vocabulary without end", "expected a vocabulary of 4 tokens" },
        { "another service", "expected an engine that speaks version 1 of the protocol" },
    };

    [Theory]
    [MemberData(nameof(Liars))]
    public async Task A_server_that_lies_about_itself_is_found_out(string lie, string message)
    {
        await using RemoteServer server = await StartAsync(new Liar(lie));
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => LoadAsync(new() { Endpoint = server.Socket }).WaitAsync(Soon));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_lies_in_its_answers_is_found_out_before_they_take_memory()
    {
        var liar = new Liar("");
        await using RemoteServer server = await StartAsync(liar);
        await using IModel model = await new RemoteBackend().LoadAsync(new() { Endpoint = server.Socket });
        var scored = new ScoreRequest { Tokens = Prompt.FromTokens([1]), BlockRows = 2 };
        await FailsAsync(new() { Block = new() { Rows = 1, Vocabulary = 5, Logits = 5 } }, "rows of 4 logits");
        await FailsAsync(new() { Block = new() { Rows = 3, Vocabulary = 4, Logits = 12 } }, "a block of at most 2 rows");
        await FailsAsync(new() { Block = new() { Rows = 2, Vocabulary = 4, Logits = 9 } }, "the numbers of 2 rows");
        await FailsAsync(new() { Block = new() { Rows = 2, Vocabulary = 4, Logits = 8 } }, "an answer to its end");
        await FailsAsync(new() { Values = ByteString.CopyFrom(new byte[4]) }, "the head of what comes next");
        await FailsAsync(new() { Activation = new() { Name = "x", Shape = { int.MaxValue, int.MaxValue }, Count = long.MaxValue } }, "as many numbers as its shape says");
        await FailsAsync(new() { Activation = new() { Name = "x", Shape = { 2 }, Count = 3 } }, "as many numbers as its shape says");
        await FailsAsync(new(), "a part of an answer");

        liar.Parts = [new() { Embeddings = new() { Rows = 1, Dimensions = 1 << 30 } }];
        var embedded = await Assert.ThrowsAsync<ModelUnavailableException>(() => model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([1])] }).AsTask());
        Assert.Contains("rows of at most 2 numbers", embedded.Message, StringComparison.Ordinal);
        var generated = await Assert.ThrowsAsync<ModelUnavailableException>(() => model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1]) }).ToListAsync().AsTask());
        Assert.Contains("a token of a vocabulary of 4", generated.Message, StringComparison.Ordinal);

        async Task FailsAsync(AnswerPart part, string message)
        {
            liar.Parts = [part];
            var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => model.ScoreAsync(scored).ToListAsync().AsTask());
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    private static Task<RemoteServer> StartAsync(Liar liar) => RemoteServer.StartAsync(
        services =>
        {
            services.AddGrpc();
            services.AddSingleton(liar);
        },
        app => app.MapGrpcService<Liar>());

    private static async Task LoadAsync(ModelOptions options)
    {
        await using IModel model = await new RemoteBackend().LoadAsync(options);
    }

    /// <summary>A service that says what no engine would.</summary>
    internal sealed class Liar(string lie) : Models.ModelsBase
    {
        public IReadOnlyList<AnswerPart> Parts { get; set; } = [];

        public override Task<Description> Describe(DescribeCall request, ServerCallContext context) => lie switch
        {
            "another service" => throw new RpcException(new Status(StatusCode.Unimplemented, "")),
            _ => Task.FromResult(new Description
            {
                Version = lie == "another version" ? 7 : 1,
                Card = lie == "no card" ? ByteString.CopyFromUtf8("""{"Name": "x"}""") : CardJson.Write(new HeldModel(HeldModel.Words).Card),
            }),
        };

        public override async Task ReadVocabulary(VocabularyCall request, IServerStreamWriter<VocabularyPart> responseStream, ServerCallContext context)
        {
            var part = new VocabularyPart { Pieces = { HeldModel.Words }, TokenBytes = { HeldModel.Words.Select(ByteString.CopyFromUtf8) } };
            for (int i = 0; i < (lie == "no vocabulary" ? 0 : lie == "a vocabulary without end" ? int.MaxValue : 1) && !context.CancellationToken.IsCancellationRequested; i++)
            {
                await responseStream.WriteAsync(part);
            }
        }

        public override async Task Score(ScoreCall request, IServerStreamWriter<AnswerPart> responseStream, ServerCallContext context)
        {
            foreach (AnswerPart part in Parts)
            {
                await responseStream.WriteAsync(part);
            }
        }

        public override Task Embed(EmbedCall request, IServerStreamWriter<AnswerPart> responseStream, ServerCallContext context) => Score(new(), responseStream, context);

        public override Task Generate(GenerateCall request, IServerStreamWriter<TokenPart> responseStream, ServerCallContext context) => responseStream.WriteAsync(new() { Token = 4 });
    }
}
