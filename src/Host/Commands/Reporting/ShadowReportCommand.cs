using System.CommandLine;
using System.Globalization;
using Engine.Host.Shadow;

namespace Engine.Host.Commands.Reporting;

/// <summary><c>engine shadow report</c>: what the checks of answers found while a server ran.</summary>
internal sealed class ShadowReportCommand
{
    private const string SettingsFile = "appsettings.json";

    private readonly Argument<string?> _store = new("STORE")
    {
        HelpName = "STORE",
        Description = "The SQLite file that a server keeps records in. Default: the file of Engine:Shadow:Store, as serve would read it here.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _model = new("--model") { HelpName = "NAME", Description = "Only the records of this model, by its name in the configuration." };
    private readonly Option<DateTimeOffset?> _since = new("--since")
    {
        HelpName = "TIME",
        Description = "Only records since then: 30m, 24h, 7d or 2w back, or a time such as 2026-05-04 or 2026-05-04T12:00, in UTC.",
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (Parse(word, TimeProvider.System.GetUtcNow()) is { } time)
            {
                return time;
            }
            result.AddError($"--since: expected a time back such as 24h or 7d, or a date such as 2026-05-04, found '{word}'.");
            return null;
        },
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };
    private readonly Option<string?> _plot = new("--plot") { HelpName = "FILE", Description = "Also draws the NMSE of every sample over time, as SVG." };

    public static Command Create() => new ShadowReportCommand().CreateVerb();

    /// <summary>A moment, or how long before now; null if it is neither.</summary>
    public static DateTimeOffset? Parse(string word, DateTimeOffset now)
    {
        if (word.Length > 1 && int.TryParse(word[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && word[^1] switch { 'm' => 1, 'h' => 60, 'd' => 1440, 'w' => 10_080, _ => 0 } is > 0 and int minutes)
        {
            double back = (double)number * minutes;
            return back < (now - DateTimeOffset.UnixEpoch).TotalMinutes ? now - TimeSpan.FromMinutes(back) : DateTimeOffset.UnixEpoch;
        }
        return word.Contains('-', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(word, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;
    }

    private Verb CreateVerb()
    {
        var verb = new Verb("report", "Shows what the checks of answers found while a server ran: shares, numbers, worst answers, alarms, coverage, and the record over time.")
        {
            Examples =
            [
                "engine shadow report shadow.db",
                "engine shadow report shadow.db --model story --since 24h",
                "engine shadow report shadow.db --plot shadow.svg --json",
            ],
        };
        verb.Add(_store);
        verb.AddGroup("Report", _model, _since, _plot, _json);
        verb.SetAction(Run);
        return verb;
    }

    private int Run(ParseResult parsed)
    {
        string store = parsed.GetValue(_store) ?? Configured() ?? throw new InvalidRequestException(
            "Reading shadow records: expected a store, found none: neither STORE nor Engine:Shadow:Store names one. Name its file: engine shadow report shadow.db.");
        OutputFile? plot = parsed.GetValue(_plot) is { } path ? new OutputFile("the plot", path, _plot.Name) : null;
        plot?.RequireWritable();
        plot?.RequireOther(store, "the store");
        ShadowReport report;
        using (var reader = new ShadowStoreReader(store, parsed.GetValue(_since)))
        {
            report = reader.Read(parsed.GetValue(_model));
        }
        plot?.Write(() => File.WriteAllText(plot.Path, ShadowPlot.Draw(report)));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, report);
        }
        else
        {
            output.Write(ShadowReportText.Render(report, Screen.ReportWidth));
        }
        return ExitCode.Pass;
    }

    private static string? Configured()
    {
        try
        {
            return new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, SettingsFile), optional: true)
                .AddJsonFile(Path.Combine(Directory.GetCurrentDirectory(), SettingsFile), optional: true)
                .AddEnvironmentVariables().Build()[ShadowStoreServices.Key] is { Length: > 0 } path ? path : null;
        }
        catch (InvalidDataException e)
        {
            throw new ConfigurationException($"Looking for Engine:Shadow:Store: {e.Message.TrimEnd('.')}. Correct the file, or name the store.");
        }
    }
}
