using System.Globalization;

namespace Engine.Shadow;

/// <summary>The latest verdicts on a model, and whether there are too many failures among them. It measures time with a monotonic clock, so
/// setting the system clock changes nothing.</summary>
/// <param name="time">The clock.</param>
internal sealed class ShadowAlarm(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long Time, bool Failed)> _verdicts = [];
    private int _failures;
    private bool _ofOp; // an op diverges: only another comparison of the ops can end the alarm
    private volatile EngineException? _failure;

    /// <summary>The reason of the alarm; null if there is none.</summary>
    public EngineException? Failure => _failure;

    /// <summary>Adds a verdict.</summary>
    /// <param name="failed">Whether it is a failure.</param>
    /// <param name="reason">Why.</param>
    /// <param name="options">When there is an alarm.</param>
    /// <returns>Whether an alarm begins or ends with it; null for neither.</returns>
    public ShadowAlarmEvent? Add(bool failed, string reason, ShadowAlarmOptions options)
    {
        lock (_lock)
        {
            _verdicts.Enqueue((time.GetTimestamp(), failed));
            _failures += failed ? 1 : 0;
            while (_verdicts.Count > options.Verdicts || time.GetElapsedTime(_verdicts.Peek().Time) > options.Window)
            {
                _failures -= _verdicts.Dequeue().Failed ? 1 : 0;
            }
            if (_ofOp || _verdicts.Count < options.Least || ((double)_failures / _verdicts.Count > options.Share) == _failure is not null)
            {
                return null;
            }
            if (_failure is not null)
            {
                _failure = null;
                return ShadowAlarmEvent.Ended;
            }
            _failure = new EngineException(string.Create(CultureInfo.InvariantCulture,
                $"Of the latest {_verdicts.Count} checked answers {_failures} failed, and a share of {options.Share:0.###} is allowed; the latest failure: {reason}"));
            return ShadowAlarmEvent.Began;
        }
    }

    /// <summary>Adds the result of comparing an answer op by op: one diverging op is enough, whatever the share of failures.</summary>
    /// <param name="fault">The diverging op; null for none.</param>
    /// <returns>Whether an alarm begins or ends with it; null for neither.</returns>
    public ShadowAlarmEvent? Look(string? fault)
    {
        lock (_lock)
        {
            (bool wasOfOp, _ofOp) = (_ofOp, fault is not null);
            if (wasOfOp && fault is null)
            {
                _failure = null;
                return ShadowAlarmEvent.Ended;
            }
            if (_failure is not null || fault is null)
            {
                return null;
            }
            _failure = new EngineException(fault);
            return ShadowAlarmEvent.Began;
        }
    }

    /// <summary>Adds the diverging op to what the alarm says.</summary>
    public void Explain(string op)
    {
        lock (_lock)
        {
            _failure = _failure is { } failure ? new EngineException($"{failure.Message}. {op}") : null;
        }
    }
}
