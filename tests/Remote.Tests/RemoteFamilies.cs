using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using ReferenceModels;
using SampleBackend;

namespace Engine.Remote.Tests;

/// <summary>One server for the contract's suites: the managed reference with a model of each family, and the backend of somebody else with a
/// tokenizer that is no file's.</summary>
public sealed class RemoteFamilies : IAsyncLifetime, IDisposable
{
    public const string Trained = "trained", Llama = "llama", Gpt2 = "gpt2", Bert = "bert", T5 = "t5", Transformer = "transformer", Bigram = "bigram";

    private readonly TemporaryFolder _folder = new();
    private RemoteServer? _server;

    internal RemoteServer Server => _server ?? throw new InvalidOperationException("The server starts before the tests.");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder.File("bigram"), "the cat sat on the mat, and the dog lay on the log. once upon a time there was a text of two lines.\nthis is the other.");
        var models = new Dictionary<string, ModelOptions>
        {
            [EngineOptions.DefaultModelName] = Reference(TestData.Model("aidreams260K-f32.gguf")),
            [Trained] = Reference(TestData.Model("aidreams260K-f32.gguf")),
            [Llama] = Reference(TinyFamilies.Llama(_folder.File("llama"))),
            [Gpt2] = Reference(TinyFamilies.Gpt2(_folder.File("gpt2"))),
            [Bert] = Reference(TinyFamilies.Bert(_folder.File("bert"))),
            [T5] = Reference(TinyFamilies.T5(_folder.File("t5"))),
            [Transformer] = Reference(TinyFamilies.Transformer(_folder.File("transformer"))),
            [Bigram] = new() { Path = _folder.File("bigram"), Backend = "bigram", ContextLength = 128 },
        };
        _server = await RemoteServer.StartAsync(models, engine =>
        {
            engine.AddReferenceModels();
            engine.Services.AddSingleton<IModelBackend, BigramBackend>();
        });

        static ModelOptions Reference(string path) => new() { Path = path, Backend = "reference", ContextLength = 128 };
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A model of the server over its Unix socket.</summary>
    public ValueTask<IModel> OverSocketAsync(string name) => ConnectAsync(new() { Endpoint = Server.Socket, RemoteModel = name });

    /// <summary>A model of the server over TCP and TLS.</summary>
    public ValueTask<IModel> OverTlsAsync(string name) => ConnectAsync(new() { Endpoint = Server.Tls, CertificateFile = Server.CertificateFile, RemoteModel = name });

    private static ValueTask<IModel> ConnectAsync(ModelOptions options) => new RemoteBackend().LoadAsync(options);
}

[CollectionDefinition(Name)]
public sealed class Remotely : ICollectionFixture<RemoteFamilies>
{
    public const string Name = "remotely";
}
