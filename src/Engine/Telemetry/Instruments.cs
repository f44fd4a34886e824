using System.Diagnostics;
using System.Diagnostics.Metrics;
using static Engine.Telemetry.TelemetryNames;

namespace Engine.Telemetry;

/// <summary>A metric as it is documented.</summary>
/// <param name="Kind">Counter, up-down counter or histogram.</param>
/// <param name="Unit">By UCUM.</param>
/// <param name="Attributes">The attributes it can have.</param>
internal sealed record Metric(string Name, string Kind, string Unit, IReadOnlyList<string> Attributes);

/// <summary>Every instrument of the engine, and the source of its spans. Names, units and boundaries of the first four are those of
/// OpenTelemetry's conventions for generative AI.</summary>
internal static class Instruments
{
    private static readonly List<Metric> Known = [];
    private static readonly Meter Meter = new(EngineTelemetry.MeterName);

    public static readonly ActivitySource Spans = new(EngineTelemetry.ActivitySourceName);

    public static readonly Histogram<double> RequestDuration = Histogram<double>(
        "gen_ai.server.request.duration", "s", "From the request to the end of its answer", [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
        Operation, Provider, RequestModel, ResponseModel, ErrorType);

    public static readonly Histogram<double> TimeToFirstToken = Histogram<double>(
        "gen_ai.server.time_to_first_token", "s", "From the request to the first token of a generation that succeeded", [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        Operation, Provider, RequestModel, ResponseModel);

    public static readonly Histogram<double> TimePerOutputToken = Histogram<double>(
        "gen_ai.server.time_per_output_token", "s", "For each token past the first of a generation that succeeded", [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
        Operation, Provider, RequestModel, ResponseModel);

    public static readonly Histogram<long> TokenUsage = Histogram<long>(
        "gen_ai.client.token.usage", "{token}", "Tokens of requests and answers",
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
        Operation, Provider, RequestModel, ResponseModel, TokenType);

    public static readonly Counter<long> PrefixHits = Counter("engine.prefix.hits", "{request}", "Requests whose beginning was held already", Model);
    public static readonly Counter<long> PrefixTokens = Counter("engine.prefix.tokens", "{token}", "Prompt tokens that were not evaluated again", Model);
    public static readonly Counter<long> Steps = Counter("engine.steps", "{step}", "Evaluations of the batch", Model);
    public static readonly Counter<long> StepTokens = Counter("engine.step.tokens", "{token}", "Tokens evaluated in the batch", Model);
    public static readonly Histogram<int> StepSize = Histogram<int>(
        "engine.step.size", "{token}", "Tokens in an evaluation of the batch", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096], Model);

    public static readonly Counter<long> Parked = Counter("engine.parked", "{request}", "Generations that were parked for lack of cells", Model);
    public static readonly Counter<long> Swaps = Counter("engine.swaps", "{swap}", "Changes of a model while the program runs", Model, Outcome);
    public static readonly Counter<long> ChildRestarts = Counter("engine.child.restarts", "{restart}", "Processes of models that died or hung and were started again", Model);

    public static readonly Counter<long> ShadowVerdicts = Counter("engine.shadow.verdicts", "{answer}", "Answers that were checked", Model, Verdict);
    public static readonly Counter<long> ShadowDropped = Counter("engine.shadow.dropped", "{answer}", "Answers that were to be checked and were not", Model, DropReason);
    public static readonly Counter<long> ShadowAlarms = Counter("engine.shadow.alarms", "{alarm}", "Alarms that began or ended", Model, TelemetryNames.AlarmChange);
    public static readonly Counter<long> ShadowSinkFailures = Counter("engine.shadow.sink.failures", "{record}", "Records of checks that a sink did not take", Sink);
    public static readonly Histogram<double> ShadowKl = Histogram<double>(
        "engine.shadow.kl", "nat", "Mean KL divergence of an answer's logits from the oracle's", [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1], Model);

    public static readonly Histogram<double> ShadowNmse = Histogram<double>(
        "engine.shadow.nmse", "1", "NMSE of an answer's logits against the oracle's", [1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1], Model);

    static Instruments()
    {
        UpDown("engine.running", "{request}", "Generations in the batch", ServingGauges.Running, Model);
        UpDown("engine.waiting", "{request}", "Generations that wait for a place in the batch", ServingGauges.Waiting, Model);
        UpDown("engine.cells", "{token}", "Tokens that running generations hold in the cache", ServingGauges.Cells, Model);
        UpDown("engine.model.state", "{model}", "1 for the state that a configured model is in, 0 for the others", ModelStates.Measure, Model, TelemetryNames.ModelState);
    }

    /// <summary>The counters of a model's batch.</summary>
    public static IReadOnlyList<Counter<long>> OfBatches { get; } = [PrefixHits, PrefixTokens, Steps, StepTokens, Parked];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Metric> All => Known;

    /// <summary>Whether anybody listens to what is measured of requests.</summary>
    public static bool MeasuresRequests => RequestDuration.Enabled || TokenUsage.Enabled || TimeToFirstToken.Enabled || TimePerOutputToken.Enabled || Spans.HasListeners();

    private static Histogram<T> Histogram<T>(string name, string unit, string description, T[] boundaries, params string[] attributes) where T : struct
    {
        Known.Add(new(name, "histogram", unit, attributes));
        return Meter.CreateHistogram(name, unit, description, advice: new InstrumentAdvice<T> { HistogramBucketBoundaries = boundaries });
    }

    private static Counter<long> Counter(string name, string unit, string description, params string[] attributes)
    {
        Known.Add(new(name, "counter", unit, attributes));
        return Meter.CreateCounter<long>(name, unit, description);
    }

    private static void UpDown(string name, string unit, string description, Func<IEnumerable<Measurement<int>>> measure, params string[] attributes)
    {
        Known.Add(new(name, "up-down counter", unit, attributes));
        Meter.CreateObservableUpDownCounter(name, measure, unit, description);
    }
}
