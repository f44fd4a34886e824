using Engine.Registry;
using Engine.Remote.Client;

namespace Engine.Remote;

/// <summary>The backend <c>remote</c>: models that another engine runs, at <see cref="ModelOptions.Endpoint"/>.</summary>
/// <remarks>The other engine's configuration says what is loaded and how. The card is the other engine's, including backend and device.</remarks>
public sealed class RemoteBackend : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "remote";

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <exception cref="ModelUnavailableException">Nothing answers there, or not as an engine does.</exception>
    /// <exception cref="ConfigurationException">The address, the key or the certificate is invalid or refused; or there is no model of this name.</exception>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (RemoteOptionRules.Mistakes(options).FirstOrDefault() is { } mistake)
        {
            throw new ConfigurationException($"Connecting to a remote model: {mistake}");
        }
        var address = RemoteAddress.Parse(options.Endpoint!, options.AllowUnencrypted);
        string? key = options.Key ?? (options.KeyFile is { } file ? KeyFile.Read(file)[0] : null);
        RemoteModel model = await RemoteModel.ConnectAsync(new RemoteConnection(address, key, options.CertificateFile), options.RemoteModel ?? "", cancellationToken).ConfigureAwait(false);
        progress?.Report(1);
        return model;
    }
}
