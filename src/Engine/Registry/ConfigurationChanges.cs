using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Engine.Registry;

/// <summary>Tells the framework's options monitor of a configuration that has changed and has no mistake. One with mistakes changes nothing;
/// it is looked at again from time to time, since a file that it names may come.</summary>
internal sealed class ConfigurationChanges : IOptionsChangeTokenSource<EngineOptions>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly IOptionsFactory<EngineOptions> _factory;
    private readonly ILogger _logger;
    private readonly IDisposable _registration;
    private readonly ITimer _timer;
    private ConfigurationReloadToken _token = new();
    private string? _mistakes;

    public ConfigurationChanges(IConfigurationSection section, IOptionsFactory<EngineOptions> factory, ILogger logger, TimeProvider time)
    {
        (_factory, _logger) = (factory, logger);
        _timer = time.CreateTimer(_ => LookAgain(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _registration = ChangeToken.OnChange(section.GetReloadToken, Look);
    }

    public string Name => Options.DefaultName;

    public IChangeToken GetChangeToken() => Volatile.Read(ref _token);

    public void Dispose()
    {
        _registration.Dispose();
        _timer.Dispose();
    }

    private void Look()
    {
        lock (_lock)
        {
            try
            {
                _factory.Create(Name);
                _mistakes = null;
                Interlocked.Exchange(ref _token, new()).OnReload();
            }
            catch (OptionsValidationException e)
            {
                Refuse(e.Message);
            }
            // The configuration has changed once more since it was looked at: the monitor read it itself.
            catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
            {
                Refuse(e.InnerExceptions[0].Message);
            }
        }
    }

    /// <summary>On a thread of nobody's, where what listens to the monitor must not end the process.</summary>
    private void LookAgain()
    {
        try
        {
            Look();
        }
#pragma warning disable CA1031 // What anybody's listener throws.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.ChangeFailed(e);
        }
    }

    private void Refuse(string mistakes)
    {
        if (mistakes != _mistakes)
        {
            _mistakes = mistakes;
            _logger.ChangeRefused(mistakes);
        }
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }
}
