namespace Engine.Api.Service;

/// <summary>How requests are taken in. Bound from the configuration section <c>Serve</c>.</summary>
internal sealed class ServeOptions
{
    public const string SectionName = "Serve";

    /// <summary>Seconds that accepted requests have to end when the host stops.</summary>
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Seconds in which a request must be answered, waiting included; 0 for as long as it needs.</summary>
    public int DeadlineSeconds { get; set; }

    /// <summary>Keys of which a request must bring one; with none, and none in <see cref="ApiKeyFile"/>, only this machine is answered.</summary>
    public IReadOnlyList<string> ApiKeys { get; set; } = [];

    /// <summary>A file of further keys, one in a line; lines that begin with # are passed over. Empty for no file.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>Answers other machines without a key, too.</summary>
    public bool NoKey { get; set; }

    /// <summary>Requests that work is done for, of each key in a minute; 0 for any number. Without keys, of each address.</summary>
    public int RequestsPerMinute { get; set; }

    /// <summary>Bytes of a request's body at the most.</summary>
    public int MaxBodyBytes { get; set; } = 30_000_000;

    /// <summary>Tokens of a prompt at the most; 0 for what the model's context holds.</summary>
    public int MaxPromptTokens { get; set; }

    /// <summary>Tokens of an answer at the most; 0 for what the model's context holds.</summary>
    public int MaxAnswerTokens { get; set; }

    /// <summary>Answers of a given form that near their limit of tokens take the shortest way to a whole end, also where the request does not ask for it.</summary>
    public bool AlwaysValid { get; set; }

    /// <summary>Where other engines ask for the models, by the backend <c>remote</c>: <c>https://0.0.0.0:8443</c>, <c>unix:/path</c> of a socket, <c>pipe:NAME</c> on
    /// Windows, or <c>http://127.0.0.1:8081</c>. Empty for nowhere. Of the program <c>serve</c> alone.</summary>
    public IReadOnlyList<string> Remote { get; set; } = [];

    /// <summary>Web pages of these origins may ask, such as <c>https://example.com</c>; <c>*</c> for all. Of the program <c>serve</c> alone.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>Who gets <c>/metrics</c>. Of the program <c>serve</c> alone.</summary>
    public MetricsAccess Metrics { get; set; } = MetricsAccess.Guarded;

    /// <summary>Writes requests and answers to the log, texts included. Of the program <c>serve</c> alone.</summary>
    public bool LogBodies { get; set; }
}

/// <summary>Who gets the metrics of a server.</summary>
internal enum MetricsAccess
{
    /// <summary>Whoever may ask for the models: with a key, without keys from this machine.</summary>
    Guarded,

    /// <summary>Everybody who reaches the server.</summary>
    Open,

    /// <summary>Nobody: there is no such page.</summary>
    Off,
}
