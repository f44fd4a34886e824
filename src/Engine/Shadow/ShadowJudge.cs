using Engine.Parity;
using Engine.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Judges the samples one by one while the host runs, with pauses between them, so that the oracle uses no more of the machine
/// than it may.</summary>
internal sealed class ShadowJudge : BackgroundService
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly ShadowCapture _capture;
    private readonly ShadowOracle _oracle;
    private readonly ShadowSinks _sinks;
    private readonly ShadowWebhook _webhook;
    private readonly IShadowTolerances? _tolerances;
    private readonly ILogger _logger;
    private long? _said;

    /// <param name="capture">The queue of samples.</param>
    /// <param name="lease">Holds a configured model.</param>
    /// <param name="sinks">Take the records.</param>
    /// <param name="tolerances">The measured tolerances; null for none.</param>
    /// <param name="logger">Receives alarms, and what fails.</param>
    public ShadowJudge(
        ShadowCapture capture, Func<string, CancellationToken, Task<IModel>> lease, IEnumerable<IShadowSink> sinks, IShadowTolerances? tolerances, ILogger<ShadowJudge> logger)
    {
        (_capture, _tolerances, _logger) = (capture, tolerances, logger);
        _oracle = new ShadowOracle(lease, capture.Time, logger);
        _sinks = new ShadowSinks(sinks, capture.Time, logger);
        _webhook = new ShadowWebhook(logger);
    }

    public override void Dispose()
    {
        _webhook.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using ShadowOracle oracle = _oracle;
        try
        {
            while (true)
            {
                ShadowSample? sample = await _capture.TakeAsync(stoppingToken).ConfigureAwait(false);
                ShadowOptions options = _capture.Options;
                await _oracle.PruneAsync(options.Oracle).ConfigureAwait(false);
                if (sample is not null)
                {
                    long began = _capture.Time.GetTimestamp();
                    await TryCheckAsync(sample, options, stoppingToken).ConfigureAwait(false);
                    await Task.Delay(_capture.Time.GetElapsedTime(began) * ((1 / options.CpuShare) - 1), _capture.Time, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping: waiting samples are not checked.
        }
    }

    private async Task TryCheckAsync(ShadowSample sample, ShadowOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(sample, options, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A failure in one sample must not end the checks of all others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ShadowCapture.Drop(sample.Model, TelemetryNames.JudgeFailed);
            if (_said is not { } said || _capture.Time.GetElapsedTime(said) >= Silence)
            {
                _said = _capture.Time.GetTimestamp();
                _logger.NotJudged(sample.Model.Name, sample.RequestId, e.Message);
            }
        }
    }

    private async Task CheckAsync(ShadowSample sample, ShadowOptions options, CancellationToken cancellationToken)
    {
        IModel? oracle = sample.Model.IsReleased ? null : await _oracle.TakeAsync(sample.Model, options.Oracle, cancellationToken).ConfigureAwait(false);
        if (oracle is null)
        {
            ShadowCapture.Drop(sample.Model, TelemetryNames.NoOracle);
            return;
        }
        await using (oracle.ConfigureAwait(false))
        {
            IReadOnlyList<int> prompt = sample.PromptIds ?? sample.Prompt.ToTokens(sample.Model.Tokenizer);
            ModelCard card = sample.Model.Card;
            Tolerance? calibrated = _tolerances is null ? null : await _tolerances.FindAsync(
                card, sample.Model.Options, oracle.Card, sample.Numerics, prompt.Count + sample.Steps.Tokens.Count, cancellationToken).ConfigureAwait(false);
            ShadowRecord record;
            IReadOnlyList<Activation> activations;
            try
            {
                (record, activations) = await ShadowVerdict.JudgeAsync(sample, prompt, options.Oracle, oracle, calibrated, cancellationToken).ConfigureAwait(false);
            }
            catch (ConfigurationException e)
            {
                _oracle.Refuse(sample.Model, options.Oracle, e.Message);
                ShadowCapture.Drop(sample.Model, TelemetryNames.NoOracle);
                return;
            }
            _oracle.Accept(sample.Model, options.Oracle);
            if (options.KeepText)
            {
                record = record with { PromptIds = prompt, AnswerIds = sample.Steps.Tokens, AnswerText = sample.AnswerText };
            }
            record = await LookAsync(sample, prompt, record, oracle, options, cancellationToken).ConfigureAwait(false);
            Count(record);
            (IReadOnlyList<int> tokens, IReadOnlyList<int>? source, _) = ShadowVerdict.Input(sample, prompt);
            await _sinks.CoverAsync(sample.Model, tokens, source, activations, cancellationToken).ConfigureAwait(false);
            record = await AlarmAsync(sample, prompt, record, oracle, options.Alarm, cancellationToken).ConfigureAwait(false);
            await _sinks.WriteAsync(record, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Compares some of the passing answers op by op: rounding hides a small fault in logits, but not in an op.</summary>
    /// <returns>The record; a failure where an op diverges.</returns>
    private async Task<ShadowRecord> LookAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, ShadowRecord record, IModel oracle, ShadowOptions options, CancellationToken cancellationToken)
    {
        ShadowModel model = sample.Model;
        bool turn = options.LayersEvery > 0 && model.Judged++ % options.LayersEvery == 0;
        if (!turn || record.Verdict == ParityVerdict.Fail || !oracle.Card.Capabilities.HasFlag(ModelCapabilities.Replay))
        {
            return record;
        }
        (bool? atFault, string sentence) = await ShadowLayers.FindAsync(sample, prompt, oracle, failed: false, cancellationToken).ConfigureAwait(false);
        if (atFault is null)
        {
            _logger.NotLookedInside(model.Name, record.RequestId, sentence);
            return record;
        }
        if (model.Alarm.Look(atFault == true ? sentence : null) is { } change)
        {
            await SayAsync(model, record, change, change == ShadowAlarmEvent.Began ? sentence : $"Every op of request {record.RequestId} is within its tolerance.", options.Alarm, cancellationToken).ConfigureAwait(false);
        }
        return atFault == true ? record with { Verdict = ParityVerdict.Fail, Reason = $"{record.Reason}. {sentence}" } : record;
    }

    /// <returns>The record; where it raised an alarm, with the diverging op.</returns>
    private async Task<ShadowRecord> AlarmAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, ShadowRecord record, IModel oracle, ShadowAlarmOptions options, CancellationToken cancellationToken)
    {
        ShadowModel model = sample.Model;
        ShadowAlarmEvent? change = model.Alarm.Add(record.Verdict == ParityVerdict.Fail, record.Reason, options);
        if (change == ShadowAlarmEvent.Ended)
        {
            await SayAsync(model, record, ShadowAlarmEvent.Ended, $"No more than a share of {options.Share:0.###} of the latest answers failed.", options, cancellationToken).ConfigureAwait(false);
        }
        if (change != ShadowAlarmEvent.Began)
        {
            return record;
        }
        await SayAsync(model, record, ShadowAlarmEvent.Began, model.Alarm.Failure!.Message, options, cancellationToken).ConfigureAwait(false);
        (_, string op) = await ShadowLayers.FindAsync(sample, prompt, oracle, failed: true, cancellationToken).ConfigureAwait(false);
        model.Alarm.Explain(op);
        await SayAsync(model, record, ShadowAlarmEvent.Explained, op, options, cancellationToken).ConfigureAwait(false);
        return record with { Reason = $"{record.Reason}. {op}" };
    }

    /// <summary>Reports an event of an alarm to the log, the metrics, the store and the webhook.</summary>
    private async Task SayAsync(ShadowModel model, ShadowRecord record, ShadowAlarmEvent what, string why, ShadowAlarmOptions options, CancellationToken cancellationToken)
    {
        switch (what)
        {
            case ShadowAlarmEvent.Began:
                _logger.AlarmBegan(model.Name, record.RequestId, why);
                break;
            case ShadowAlarmEvent.Explained:
                _logger.OpFound(model.Name, record.RequestId, why);
                break;
            default:
                _logger.AlarmEnded(model.Name, why);
                break;
        }
        if (what != ShadowAlarmEvent.Explained)
        {
            Instruments.ShadowAlarms.Add(1, new(TelemetryNames.Model, model.Name), new(TelemetryNames.AlarmChange, what == ShadowAlarmEvent.Began ? TelemetryNames.Began : TelemetryNames.Ended));
        }
        var alarm = new ShadowAlarmRecord(_capture.Time.GetUtcNow(), model.Name, what, why);
        await _sinks.WriteAsync(alarm, cancellationToken).ConfigureAwait(false);
        await _webhook.SendAsync(options.Webhook, alarm, record.RequestId, cancellationToken).ConfigureAwait(false);
    }

    private static void Count(ShadowRecord record)
    {
        KeyValuePair<string, object?> model = new(TelemetryNames.Model, record.Model);
        Instruments.ShadowVerdicts.Add(1, model, new(TelemetryNames.Verdict, record.Verdict == ParityVerdict.Pass ? TelemetryNames.Pass : TelemetryNames.Fail));
        if (record.Kl is { } kl)
        {
            Instruments.ShadowKl.Record(kl, model);
        }
        if (record.Nmse is { } nmse)
        {
            Instruments.ShadowNmse.Record(nmse, model);
        }
    }
}
