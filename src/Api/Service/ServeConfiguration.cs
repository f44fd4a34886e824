using Microsoft.Extensions.Configuration;
using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Api.Service;

/// <summary>Reads the section <c>Serve</c> into options and finds all its mistakes, which fail the start in one message.</summary>
internal sealed class ServeConfiguration(IConfiguration configuration) : IConfigureOptions<ServeOptions>, IValidateOptions<ServeOptions>
{
    private const int MostSeconds = 24 * 60 * 60;

    /// <summary>Keys that were here once, with what says the same now.</summary>
    private static readonly Dictionary<string, string> Moved = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Queue"] = $"each model has a line of its own. Set {EngineOptions.SectionName}:{nameof(EngineOptions.Models)}:NAME:{nameof(ModelOptions.Queue)}",
        ["Concurrency"] = $"each model runs its own requests. Set {EngineOptions.SectionName}:{nameof(EngineOptions.Models)}:NAME:{nameof(ModelOptions.Slots)}",
    };

    private readonly List<string> _unreadable = [];

    /// <summary>The options before their mistakes are told: the host reads its own while it is built, and what fails there
    /// would hide the mistakes of other sections.</summary>
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
            .. Range(nameof(options.DrainSeconds), options.DrainSeconds, 0, MostSeconds),
            .. Range(nameof(options.DeadlineSeconds), options.DeadlineSeconds, 0, MostSeconds),
            .. Range(nameof(options.RequestsPerMinute), options.RequestsPerMinute, 0, int.MaxValue),
            .. Range(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1, int.MaxValue),
            .. Range(nameof(options.MaxPromptTokens), options.MaxPromptTokens, 0, int.MaxValue),
            .. Range(nameof(options.MaxAnswerTokens), options.MaxAnswerTokens, 0, int.MaxValue),
            .. options.ApiKeys.Any(string.IsNullOrWhiteSpace) ? ["ApiKeys has an empty key. Set each to a text, or leave it out."] : Array.Empty<string>(),
            .. KeyFile(options.ApiKeyFile),
            .. options.CorsOrigins.Where(origin => !IsOrigin(origin)).Select(origin =>
                $"CorsOrigins has '{origin}'. Set each to a scheme and a host, such as https://example.com, or to *."),
        ];
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(StrictSection.Message(ServeOptions.SectionName, "settings in their ranges", mistakes));
    }

    /// <summary>The keys in a file: one in a line, but for lines that begin with #.</summary>
    public static IReadOnlyList<string> KeysIn(string path) =>
        [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'))];

    // A file without keys would leave a server open that was to be closed.
    private static IEnumerable<string> KeyFile(string path)
    {
        const string remedy = "Write one key in a line, or leave it out.";
        if (path.Length == 0)
        {
            return [];
        }
        try
        {
            return !File.Exists(path) ? [$"ApiKeyFile is '{path}', and there is no such file. {remedy}"]
                : KeysIn(path).Count == 0 ? [$"ApiKeyFile is '{path}', and there is no key in it. {remedy}"] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"ApiKeyFile is '{path}', which cannot be read: {e.Message} Let the server's user read it, or leave it out."];
        }
    }

    private static bool IsOrigin(string origin) => origin == "*" || Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == origin.TrimEnd('/');

    private static IEnumerable<string> Range(string key, int value, int min, int max) =>
        value >= min && value <= max ? [] : [$"{key} is {value}. Set it to a number from {min} to {max}."];
}
