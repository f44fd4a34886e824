namespace Engine.Shadow;

/// <summary>How answers are checked while the models serve. Bound from <c>Engine:Shadow</c>.</summary>
public sealed record ShadowOptions
{
    /// <summary>The oracle that needs no configuration.</summary>
    internal const string Reference = "reference";

    /// <summary>The share of generations that are checked, 0 to 1.</summary>
    /// <value>The default is 0: none.</value>
    public double Rate { get; init; }

    /// <summary>The model they are judged by: the name of a configured one, or <c>reference</c> for the managed reference on the same file.</summary>
    /// <value>The default is <c>reference</c>.</value>
    public string Oracle { get; init; } = Reference;

    /// <summary>Names of the models that are checked; empty for all but the oracle.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The share of one core's time that the oracle may take, above 0 and up to 1: it pauses between samples.</summary>
    /// <value>The default is 0.25.</value>
    public double CpuShare { get; init; } = 0.25;

    /// <summary>Samples that may wait for the oracle; one more is dropped.</summary>
    /// <value>The default is 16.</value>
    public int Queue { get; init; } = 16;

    /// <summary>Steps of a sample whose logits are kept in full: V floats each.</summary>
    /// <value>The default is 4.</value>
    public int FullRows { get; init; } = 4;

    /// <summary>The largest logits that are kept of every step.</summary>
    /// <value>The default is 20.</value>
    public int TopK { get; init; } = 20;

    /// <summary>One sample in this many of a loaded model, beginning with its first, is also compared op by op, on its first tokens; 0 for none.</summary>
    /// <value>The default is 100.</value>
    public int LayersEvery { get; init; } = 100;

    /// <summary>Hands the token ids of prompt and answer to the sinks, and the texts as far as there are any.</summary>
    public bool KeepText { get; init; }

    /// <summary>Path of a SQLite file that keeps the records; null for no file.</summary>
    public string? Store { get; init; }

    /// <summary>When failures become an alarm.</summary>
    public ShadowAlarmOptions Alarm { get; init; } = new();
}

/// <summary>When failures of the checks become an alarm.</summary>
public sealed record ShadowAlarmOptions
{
    /// <summary>How long a verdict counts.</summary>
    /// <value>The default is an hour.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The maximum number of latest verdicts that count.</summary>
    /// <value>The default is 50.</value>
    public int Verdicts { get; init; } = 50;

    /// <summary>The minimum number of verdicts in the window for an alarm to begin or end.</summary>
    /// <value>The default is 5.</value>
    public int Least { get; init; } = 5;

    /// <summary>The share of failures in the window, 0 to 1, above which there is an alarm.</summary>
    /// <value>The default is 0.2.</value>
    public double Share { get; init; } = 0.2;

    /// <summary>An address that gets a POST of JSON when an alarm begins, when its op is found, and when it ends; null for none.</summary>
    public string? Webhook { get; init; }
}
