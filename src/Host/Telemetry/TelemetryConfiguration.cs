using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Host.Telemetry;

/// <summary>Reads the section <c>Telemetry</c> and collects its errors, which fail the start in one message.</summary>
internal sealed class TelemetryConfiguration(IConfiguration configuration) : IConfigureOptions<TelemetryOptions>, IValidateOptions<TelemetryOptions>
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Any of them turns the export on.</summary>
    private static readonly string[] EndpointVariables = [EndpointVariable, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    private static readonly string[] Protocols = ["grpc", "http/protobuf"];

    private readonly List<string> _unreadable = [];

    /// <summary>Passes the section's values to the exporter, which knows only its own variables. The environment wins.</summary>
    /// <returns>Whether there is a collector.</returns>
    public static bool Apply(ConfigurationManager configuration)
    {
        OtlpOptions otlp = Read(configuration, []).Otlp;
        (string Variable, string Value)[] settings = [(EndpointVariable, otlp.Endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", otlp.Protocol), ("OTEL_EXPORTER_OTLP_HEADERS", otlp.Headers)];
        configuration.AddInMemoryCollection(settings
            .Where(setting => setting.Value.Length > 0 && string.IsNullOrEmpty(configuration[setting.Variable]))
            .Select(setting => KeyValuePair.Create(setting.Variable, (string?)setting.Value)));
        return EndpointVariables.Any(variable => !string.IsNullOrEmpty(configuration[variable]));
    }

    public void Configure(TelemetryOptions options) => options.Otlp = Read(configuration, _unreadable).Otlp;

    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        List<string> mistakes =
        [
            .. _unreadable,
            .. options.Otlp.Endpoint.Length > 0 && !IsAddress(options.Otlp.Endpoint) ? [$"Otlp:Endpoint is '{options.Otlp.Endpoint}'. Set it to an address such as http://127.0.0.1:4317."] : Array.Empty<string>(),
            .. EndpointVariables.Where(variable => !string.IsNullOrEmpty(configuration[variable]) && configuration[variable] != options.Otlp.Endpoint && !IsAddress(configuration[variable]!)).Select(variable =>
                $"{variable} is '{configuration[variable]}' in the environment. Set it to an address such as http://127.0.0.1:4317."),
            .. options.Otlp.Protocol.Length > 0 && !Protocols.Contains(options.Otlp.Protocol) ? [$"Otlp:Protocol is '{options.Otlp.Protocol}'. Set it to {string.Join(" or ", Protocols)}."] : Array.Empty<string>(),
            .. options.Otlp.Headers.Length > 0 && !IsHeaders(options.Otlp.Headers) ? ["Otlp:Headers is not a list of headers. Set it to name=value,name=value."] : Array.Empty<string>(),
        ];
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(StrictSection.Message(TelemetryOptions.SectionName, "valid settings of a collector", mistakes));
    }

    private static TelemetryOptions Read(IConfiguration configuration, List<string> mistakes)
    {
        var options = new TelemetryOptions();
        IConfigurationSection section = configuration.GetSection(TelemetryOptions.SectionName);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (StrictSection.Same(child.Key, nameof(options.Otlp)))
            {
                StrictSection.Read(child, options.Otlp, $"{nameof(options.Otlp)}:", mistakes);
            }
            else
            {
                mistakes.Add(StrictSection.UnknownKey(child.Key, "", [nameof(options.Otlp)]));
            }
        }
        return options;
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";

    private static bool IsHeaders(string text) => Array.TrueForAll(text.Split(','), header => header.IndexOf('=', StringComparison.Ordinal) > 0);
}
