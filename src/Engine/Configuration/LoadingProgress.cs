using Microsoft.Extensions.Logging;

namespace Engine.Configuration;

/// <summary>Logs each tenth of a model's loading once. Called from the loading thread alone.</summary>
internal sealed class LoadingProgress(string model, ILogger logger) : IProgress<float>
{
    private int _logged;

    public void Report(float value)
    {
        int tenth = (int)(Math.Clamp(value, 0, 1) * 10);
        // The last tenth is the message "Loaded".
        if (tenth > _logged && tenth < 10)
        {
            _logged = tenth;
            logger.LogInformation("Loading the model '{Model}': {Percent} %", model, tenth * 10);
        }
    }
}
