namespace Engine.Host.Telemetry;

/// <summary>Where telemetry goes. Bound from the configuration section <c>Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    public const string SectionName = "Telemetry";

    /// <summary>The collector.</summary>
    public OtlpOptions Otlp { get; set; } = new();
}

/// <summary>A collector that speaks OpenTelemetry's protocol. What is not set comes from OpenTelemetry's own environment variables, such as <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
internal sealed class OtlpOptions
{
    /// <summary>Its address, such as <c>http://127.0.0.1:4317</c>; empty for none.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary><c>grpc</c> or <c>http/protobuf</c>; empty for grpc.</summary>
    public string Protocol { get; set; } = "";

    /// <summary>Headers that it requires, as <c>name=value,name=value</c>.</summary>
    public string Headers { get; set; } = "";
}
