namespace Engine.Registry;

/// <summary>Validates the options of a remote model.</summary>
internal static class RemoteOptionRules
{
    /// <summary>The errors, each beginning with the option.</summary>
    public static IEnumerable<string> Mistakes(ModelOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Endpoint))
        {
            yield return $"{nameof(ModelOptions.Endpoint)} is empty. Set it to where the other engine listens, such as https://host:8443 or unix:/run/engine.sock.";
        }
        if (!string.IsNullOrWhiteSpace(options.Path))
        {
            yield return $"{nameof(ModelOptions.Path)} is '{options.Path}', and {nameof(ModelOptions.Endpoint)} names another engine, which has its own file. Set {nameof(ModelOptions.RemoteModel)} to a model's name there, or leave {nameof(ModelOptions.Endpoint)} out.";
        }
        if (options.Adapters.Count > 0)
        {
            yield return $"{nameof(ModelOptions.Adapters)} are set, and {nameof(ModelOptions.Endpoint)} names another engine, which loads its own. Set them there.";
        }
        if (options.Key is not null && options.KeyFile is not null)
        {
            yield return $"{nameof(ModelOptions.Key)} and {nameof(ModelOptions.KeyFile)} are both set. Keep one of them.";
        }
        if (options.KeyFile is { } keyFile && KeyFile.Mistake(keyFile) is { } mistake)
        {
            yield return $"{nameof(ModelOptions.KeyFile)} is '{keyFile}', {mistake}";
        }
        if (options.CertificateFile is { } certificate && !File.Exists(certificate))
        {
            yield return $"{nameof(ModelOptions.CertificateFile)} is '{certificate}', and there is no such file. Set it to the server's certificate or its authority's, in PEM form.";
        }
    }
}
