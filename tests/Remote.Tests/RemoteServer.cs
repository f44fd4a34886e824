using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Tests;

/// <summary>An engine that serves models on a Unix socket and over TLS, with a certificate made for it.</summary>
internal sealed class RemoteServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private RemoteServer(TemporaryFolder folder, WebApplication app) => (_folder, _app) = (folder, app);

    /// <summary>For <see cref="ModelOptions.Endpoint"/>.</summary>
    public string Socket => "unix:" + SocketFile(_folder);

    /// <summary>For <see cref="ModelOptions.Endpoint"/>.</summary>
    public string Tls => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(address => address.StartsWith("https", StringComparison.Ordinal));

    /// <summary>Of <see cref="Tls"/>.</summary>
    public string CertificateFile => _folder.File("certificate.pem");

    /// <summary>Serves configured models.</summary>
    /// <param name="models">Each model's options by its name.</param>
    /// <param name="configure">Adds backends.</param>
    public static Task<RemoteServer> StartAsync(IReadOnlyDictionary<string, ModelOptions> models, Action<EngineBuilder> configure) => StartAsync(services =>
    {
        configure(services.AddEngine(new ConfigurationBuilder().Build()).AddRemoteModels());
        services.Configure<EngineOptions>(options =>
        {
            foreach ((string name, ModelOptions model) in models)
            {
                options.Models[name] = model;
            }
        });
    });

    /// <summary>Serves models that the test holds in its hands.</summary>
    public static Task<RemoteServer> StartAsync(IModelRegistry models, TemporaryFolder? folder = null) => StartAsync(services =>
    {
        new EngineBuilder(services).AddRemoteModels();
        services.AddSingleton(models);
    }, folder: folder);

    /// <param name="register">The services.</param>
    /// <param name="map">The endpoints; null for the models.</param>
    /// <param name="folder">Of the socket; null for a new one.</param>
    public static async Task<RemoteServer> StartAsync(Action<IServiceCollection> register, Action<WebApplication>? map = null, TemporaryFolder? folder = null)
    {
        folder ??= new TemporaryFolder();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        register(builder.Services);
        X509Certificate2 certificate = MakeCertificate();
        await File.WriteAllTextAsync(folder.File("certificate.pem"), certificate.ExportCertificatePem());
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(SocketFile(folder), listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
        });
        WebApplication app = builder.Build();
        (map ?? (routes => routes.MapRemoteModels()))(app);
        await app.StartAsync();
        return new RemoteServer(folder, app);
    }

    /// <summary>Ends it as a machine ends that loses its power: what runs is cut off.</summary>
    public async Task CutOffAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private static string SocketFile(TemporaryFolder folder) => folder.File("engine.sock");

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=engine tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
