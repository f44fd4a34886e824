using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>Logs how far a loading is that takes its time; what is there at once needs no more than the message that it is. Called from
/// the loading thread alone.</summary>
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
