namespace Engine.Api.Service;

/// <summary>How requests are accepted. Bound from the configuration section <c>Serve</c>.</summary>
internal sealed class ServeOptions
{
    public const string SectionName = "Serve";

    /// <summary>Seconds that requests in progress have to finish when the host stops.</summary>
    public int DrainSeconds { get; set; } = 30;

    /// <summary>The time limit of a request in seconds, queueing included; 0 for none.</summary>
    public int DeadlineSeconds { get; set; }

    /// <summary>API keys, one of which each request must carry. Without any here or in <see cref="ApiKeyFile"/>, only this machine is answered.</summary>
    public IReadOnlyList<string> ApiKeys { get; set; } = [];

    /// <summary>A file of further keys, one per line; lines that begin with # are ignored. Empty for no file.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>Answers other machines even without a key.</summary>
    public bool NoKey { get; set; }

    /// <summary>The maximum number of requests per minute that make a model compute, per key or, without keys, per address; 0 for no limit.</summary>
    public int RequestsPerMinute { get; set; }

    /// <summary>The maximum size of a request's body, in bytes.</summary>
    public int MaxBodyBytes { get; set; } = 30_000_000;

    /// <summary>The maximum number of tokens of a prompt; 0 for what the model's context holds.</summary>
    public int MaxPromptTokens { get; set; }

    /// <summary>The maximum number of tokens of an answer; 0 for what the model's context holds.</summary>
    public int MaxAnswerTokens { get; set; }

    /// <summary>Constrained answers that near their token limit take the shortest way to a complete end, even if the request does not ask for it.</summary>
    public bool AlwaysValid { get; set; }

    /// <summary>Where other engines reach the models through the backend <c>remote</c>: <c>https://0.0.0.0:8443</c>, <c>unix:/path</c> of a socket, <c>pipe:NAME</c> on
    /// Windows, or <c>http://127.0.0.1:8081</c>. Empty for nowhere. Only for <c>engine serve</c>.</summary>
    public IReadOnlyList<string> Remote { get; set; } = [];

    /// <summary>Origins whose web pages may call the API, such as <c>https://example.com</c>; <c>*</c> for all. Only for <c>engine serve</c>.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>Who may read <c>/metrics</c>. Only for <c>engine serve</c>.</summary>
    public MetricsAccess Metrics { get; set; } = MetricsAccess.Guarded;

    /// <summary>Writes requests and answers to the log, texts included. Only for <c>engine serve</c>.</summary>
    public bool LogBodies { get; set; }
}

/// <summary>Who may read the metrics of a server.</summary>
internal enum MetricsAccess
{
    /// <summary>Whoever may use the models: with a key, or from this machine if there are no keys.</summary>
    Guarded,

    /// <summary>Everyone who can reach the server.</summary>
    Open,

    /// <summary>Nobody: there is no such page.</summary>
    Off,
}
