using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>Logs the progress of a slow load; a fast one needs only the message that it is done. Called from
/// the loading thread only.</summary>
internal sealed class LoadingProgress(string model, ILogger logger, TimeProvider clock) : IProgress<float>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private long _said = clock.GetTimestamp();

    public void Report(float value)
    {
        if (value < 1 && clock.GetElapsedTime(_said) >= Pause)
        {
            _said = clock.GetTimestamp();
            logger.LoadingGoesOn(model, (int)(Math.Clamp(value, 0, 1) * 100));
        }
    }
}
