using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Engine.Registry;

/// <summary>Tells the framework's options monitor of a configuration that has changed and has no mistake. One with mistakes changes nothing;
/// it is looked at again now and then, since a file that it names may come.</summary>
internal sealed class ConfigurationChanges : IOptionsChangeTokenSource<EngineOptions>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>For reading the small files that a configuration names. One that does not come holds up no later configuration: it may be a pipe, or lie on
    /// a disk that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly IOptionsFactory<EngineOptions> _factory;
    private readonly ILogger _logger;
    private readonly IDisposable _registration;
    private readonly ITimer _timer;
    private ConfigurationReloadToken _token = new();
    private string? _mistakes;
    private long _newest;

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
        long number = Interlocked.Increment(ref _newest);
        Task looking = Task.Run(() => Look(number), CancellationToken.None);
        if (Task.WaitAny([looking], Patience) < 0)
        {
            _logger.ChangeDoesNotCome(Patience.TotalSeconds);
            return;
        }
        looking.GetAwaiter().GetResult();
    }

    private void Look(long number)
    {
        string? mistakes = Mistakes();
        lock (_lock)
        {
            if (number != Volatile.Read(ref _newest))
            {
                return; // a later one has been looked at meanwhile
            }
            if (mistakes is not null)
            {
                Refuse(mistakes);
                return;
            }
            _mistakes = null;
            try
            {
                Interlocked.Exchange(ref _token, new()).OnReload();
            }
            // The configuration has changed once more since it was looked at: the monitor read it itself.
            catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
            {
                Refuse(e.InnerExceptions[0].Message);
            }
        }
    }

    private string? Mistakes()
    {
        try
        {
            _factory.Create(Name);
            return null;
        }
        catch (OptionsValidationException e)
        {
            return e.Message;
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
