using System.Net;
using Engine.Api.Access;

namespace Engine.Host.Api;

/// <summary>Keeps a server without API keys from listening on addresses that other machines can reach, unless requested.</summary>
internal static class Exposure
{
    /// <exception cref="ConfigurationException">It would listen on such an address.</exception>
    public static void Check(WebApplication app)
    {
        if (app.Services.GetRequiredService<Gate>().AnswersOthers)
        {
            return;
        }
        if (Urls(app.Configuration).FirstOrDefault(url => !IsThisMachine(url)) is { } open)
        {
            throw new ConfigurationException(
                $"Listening on {open}: expected an API key, because other machines reach this address, found none. "
                + "Give it keys with --api-key-file FILE (Serve:ApiKeyFile), answer everybody with --no-key (Serve:NoKey), or listen on http://127.0.0.1:8080.");
        }
    }

    /// <summary>The addresses that the web server will listen on.</summary>
    public static string[] Urls(IConfiguration configuration) =>
    [
        .. configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>(),
    ];

    private static bool IsThisMachine(string url)
    {
        BindingAddress address = BindingAddress.Parse(url);
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            return true;
        }
        string host = address.Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip);
    }
}
