using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Engine.Registry;

/// <summary>Notifies the framework's options monitor of a changed configuration that is valid. An invalid one changes nothing;
/// it is checked again now and then, since a file that it names may appear.</summary>
internal sealed class ConfigurationChanges : IOptionsChangeTokenSource<EngineOptions>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>The time limit for reading the small files that a configuration names. A file that never arrives, because it is a pipe or on a disk that does not
    /// respond, must not hold up later configurations.</summary>
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
                return; // a later one has been checked meanwhile
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
            // The configuration has changed again since it was checked, because the monitor reads it itself.
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

    /// <summary>Runs on a pool thread, where an exception of a listener must not end the process.</summary>
    private void LookAgain()
    {
        try
        {
            Look();
        }
#pragma warning disable CA1031 // Whatever a listener throws.
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
