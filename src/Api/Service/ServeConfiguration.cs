using Microsoft.Extensions.Configuration;
using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Api.Service;

/// <summary>Reads the section <c>Serve</c> into options and collects all its errors, which fail the start in one message.</summary>
internal sealed class ServeConfiguration(IConfiguration configuration) : IConfigureOptions<ServeOptions>, IValidateOptions<ServeOptions>
{
    private const int MaxSeconds = 24 * 60 * 60;

    /// <summary>Keys of earlier versions and their replacements.</summary>
    private static readonly Dictionary<string, string> Moved = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Queue"] = $"each model has its own queue. Set {EngineOptions.SectionName}:{nameof(EngineOptions.Models)}:NAME:{nameof(ModelOptions.Queue)}",
        ["Concurrency"] = $"each model runs its own requests. Set {EngineOptions.SectionName}:{nameof(EngineOptions.Models)}:NAME:{nameof(ModelOptions.Slots)}",
    };

    private readonly List<string> _unreadable = [];

    /// <summary>The options before validation: the host reads some while it is being built, and a failure there
    /// would hide the errors of other sections.</summary>
    public static ServeOptions ReadUnchecked(IConfiguration configuration)
    {
        var options = new ServeOptions();
        StrictSection.Read(configuration.GetSection(ServeOptions.SectionName), options, "", []);
        return options;
    }

    public void Configure(ServeOptions options) =>
        StrictSection.Read(configuration.GetSection(ServeOptions.SectionName), options, "", _unreadable, Moved);

    public ValidateOptionsResult Validate(string? name, ServeOptions options)
    {
        List<string> mistakes =
        [
            .. _unreadable,
            .. Range(nameof(options.DrainSeconds), options.DrainSeconds, 0, MaxSeconds),
            .. Range(nameof(options.DeadlineSeconds), options.DeadlineSeconds, 0, MaxSeconds),
            .. Range(nameof(options.RequestsPerMinute), options.RequestsPerMinute, 0, int.MaxValue),
            .. Range(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1, int.MaxValue),
            .. Range(nameof(options.MaxPromptTokens), options.MaxPromptTokens, 0, int.MaxValue),
            .. Range(nameof(options.MaxAnswerTokens), options.MaxAnswerTokens, 0, int.MaxValue),
            .. options.ApiKeys.Any(string.IsNullOrWhiteSpace) ? ["ApiKeys has an empty key. Set each to a text, or leave it out."] : Array.Empty<string>(),
            .. KeyFileMistakes(options.ApiKeyFile),
            .. options.Remote.Where(address => !IsRemoteAddress(address)).Select(address =>
                $"Remote has '{address}'. Set each to an address such as https://0.0.0.0:8443, unix:/run/engine.sock or http://127.0.0.1:8081."),
            .. options.CorsOrigins.Where(origin => !IsOrigin(origin)).Select(origin =>
                $"CorsOrigins has '{origin}'. Set each to a scheme and a host, such as https://example.com, or to *."),
        ];
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(StrictSection.Message(ServeOptions.SectionName, "settings in their ranges", mistakes));
    }

    private static string[] KeyFileMistakes(string path) =>
        path.Length > 0 && KeyFile.Mistake(path) is { } mistake ? [$"{nameof(ServeOptions.ApiKeyFile)} is '{path}', {mistake}"] : [];

    private static bool IsRemoteAddress(string address) =>
        address.StartsWith("unix:/", StringComparison.Ordinal) || (address.StartsWith("pipe:", StringComparison.Ordinal) && OperatingSystem.IsWindows())
        || (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.AbsolutePath is "" or "/");

    private static bool IsOrigin(string origin) => origin == "*" || Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == origin.TrimEnd('/');

    private static IEnumerable<string> Range(string key, int value, int min, int max) =>
        value >= min && value <= max ? [] : [$"{key} is {value}. Set it to a number from {min} to {max}."];
}
