using System.Net;
using Engine.Api.Access;

namespace Engine.Host.Api;

/// <summary>Keeps a server without keys from listening for other machines, unless that is asked for.</summary>
internal static class Exposure
{
    /// <exception cref="ConfigurationException">It would.</exception>
    public static void Check(WebApplication app)
    {
        if (app.Services.GetRequiredService<Gate>().AnswersOthers)
        {
            return;
        }
        string[] urls =
        [
            .. app.Configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            .. app.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>(),
        ];
        if (urls.FirstOrDefault(url => !IsThisMachine(url)) is { } open)
        {
            throw new ConfigurationException(
                $"Listening on {open}: expected an API key, for other machines reach this address, found none. "
                + "Give it keys with --api-key-file FILE (Serve:ApiKeyFile), answer everybody with --no-key (Serve:NoKey), or listen on http://127.0.0.1:8080.");
        }
    }

    private static bool IsThisMachine(string url)
    {
        string host = BindingAddress.Parse(url).Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.StartsWith("unix:", StringComparison.Ordinal)
            || IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address);
    }
}
