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

    public IModelRegistry Models => _app.Services.GetRequiredService<IModelRegistry>();

    /// <param name="models">Each model's options by its name.</param>
    /// <param name="configure">Adds backends.</param>
    public static async Task<RemoteServer> StartAsync(IReadOnlyDictionary<string, ModelOptions> models, Action<EngineBuilder> configure)
    {
        var folder = new TemporaryFolder();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        configure(builder.Services.AddEngine(new ConfigurationBuilder().Build()).AddRemoteModels());
        builder.Services.Configure<EngineOptions>(options =>
        {
            foreach ((string name, ModelOptions model) in models)
            {
                options.Models[name] = model;
            }
        });
        X509Certificate2 certificate = MakeCertificate();
        await File.WriteAllTextAsync(folder.File("certificate.pem"), certificate.ExportCertificatePem());
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(SocketFile(folder), listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
        });
        WebApplication app = builder.Build();
        app.MapRemoteModels();
        await app.StartAsync();
        return new RemoteServer(folder, app);
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
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
