using System.Collections.Concurrent;
using Engine.Host.Commands.Calibrating;
using Engine.LlamaCpp.Direct;
using Engine.Parity;
using Engine.Shadow;

namespace Engine.Host.Shadow;

/// <summary>The tolerances that <c>engine validate --calibrate</c> has kept, for the checks of answers.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives the reason when an existing calibration is not used.</param>
internal sealed partial class CalibratedTolerances(TimeProvider time, ILogger<CalibratedTolerances> logger) : IShadowTolerances
{
    /// <summary>How long a missing calibration is remembered: looking again may mean reading gigabytes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string, DateTime, string, DateTime, Numerics), (Calibration? Calibration, long Since)> _known = [];

    public async ValueTask<Tolerance?> FindAsync(
        ModelCard native, ModelOptions options, ModelCard oracle, Numerics numerics, int length, CancellationToken cancellationToken)
    {
        // Calibrations compare llama.cpp's variants with the reference, on files of this machine.
        if (native.Backend != LlamaCppBackend.BackendName || !File.Exists(native.Path) || !File.Exists(oracle.Path))
        {
            return null;
        }
        var key = (native.Path, File.GetLastWriteTimeUtc(native.Path), oracle.Path, File.GetLastWriteTimeUtc(oracle.Path), numerics);
        if (!_known.TryGetValue(key, out (Calibration? Calibration, long Since) known) || (known.Calibration is null && time.GetElapsedTime(known.Since) > Pause))
        {
            var kept = new KeptCalibration(path: null, CalibrationEnvironment.Of(options, native)) { ShowsProgress = false };
            (Calibration? calibration, string? remark) = await kept.FindAsync(native, oracle, numerics, cancellationToken).ConfigureAwait(false);
            if (remark is not null)
            {
                LogRemark(native.Name, remark);
            }
            _known[key] = known = (calibration, time.GetTimestamp());
        }
        return known.Calibration is { } found && length <= found.Longest ? found.ToTolerance(Arithmetic.Exact) : null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Checking answers of {Model}: {Remark}")]
    private partial void LogRemark(string model, string remark);
}
