using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Engine.Api.Answers;

/// <summary>Streams an answer as it is generated. A client waiting for the first token gets the headers and keep-alives; one whose answer
/// fails gets the reason as an event and then an aborted connection; whatever is ready is sent together.</summary>
internal sealed class EventStream : IDisposable
{
    /// <summary>How long a refusal may take and still set the HTTP status; after that, the headers are sent.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    /// <summary>A keep-alive is sent after this much silence: some clients give up after 30 s.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>Pending bytes beyond which a flush happens even while more tokens are ready.</summary>
    private const int MaxPending = 16 * 1024;

    private readonly HttpContext _context;
    private readonly IEventFormat _format;
    private readonly EventWriter _events;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TimeProvider _time;
    private long _lastSent;

    private EventStream(HttpContext context, IEventFormat format, TimeProvider time)
    {
        (_context, _format, _time) = (context, format, time);
        _events = new EventWriter(context.Response.BodyWriter);
        _lastSent = time.GetTimestamp();
    }

    /// <summary>Answers with the tokens of a request's generations.</summary>
    /// <param name="context">The request; nothing of its answer is sent yet.</param>
    /// <param name="format">How each token is written.</param>
    /// <param name="tokens">Each token with the number of its answer.</param>
    /// <param name="describe">What an exception means to the client.</param>
    /// <param name="time">The clock of the keep-alives.</param>
    /// <exception cref="EngineException">The request was refused before anything was sent.</exception>
    public static async Task WriteAsync(
        HttpContext context, IEventFormat format, IAsyncEnumerable<(int Answer, GeneratedToken Token)> tokens, Func<Exception, Failure> describe, TimeProvider time)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var stream = new EventStream(context, format, time);
        await stream.RunAsync(tokens, describe).ConfigureAwait(false);
    }

    /// <summary>Leaves the semaphore alone: a last timer callback may still use it.</summary>
    public void Dispose() => _events.Dispose();

    private async Task RunAsync(IAsyncEnumerable<(int Answer, GeneratedToken Token)> tokens, Func<Exception, Failure> describe)
    {
        var reader = tokens.GetAsyncEnumerator(_context.RequestAborted);
        await using (reader.ConfigureAwait(false))
        {
            ValueTask<bool> next = default;
            bool isAhead = false; // whether the next token has been requested but not yet awaited
            try
            {
                Task<bool> first = reader.MoveNextAsync().AsTask();
                (next, isAhead) = (new(first), true);
                if (!first.IsCompleted && await Task.WhenAny(first, Task.Delay(Grace, _time)).ConfigureAwait(false) != first)
                {
                    await StartAsync().ConfigureAwait(false);
                }
                using ITimer lifeSigns = _time.CreateTimer(_ => KeepAlive(), null, Silence, Silence);
                while (true)
                {
                    isAhead = false;
                    if (!await next.ConfigureAwait(false))
                    {
                        break;
                    }
                    await _writing.WaitAsync().ConfigureAwait(false);
                    try
                    {
                        await StartAsync(flush: false).ConfigureAwait(false);
                        _format.Add(_events, reader.Current.Answer, reader.Current.Token);
                        next = reader.MoveNextAsync();
                        isAhead = true;
                        // Whatever is ready is sent together.
                        if (_events.Pending > 0 && (!next.IsCompleted || _events.Pending > MaxPending))
                        {
                            await SendAsync().ConfigureAwait(false);
                        }
                    }
                    finally
                    {
                        _writing.Release();
                    }
                }
                await _writing.WaitAsync().ConfigureAwait(false); // and keeps it: nothing is written after the end
                await StartAsync(flush: false).ConfigureAwait(false);
                _format.End(_events);
                await SendAsync().ConfigureAwait(false);
            }
#pragma warning disable CA1031 // The status is already sent: the error can only be reported as the last event.
            catch (Exception e) when ((_context.Response.HasStarted || _events.Pending > 0) && !_context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
            {
                await _writing.WaitAsync().ConfigureAwait(false); // and keeps it: nothing is written after the end
                Failure failure = describe(e);
                _format.Fail(_events, failure);
                await SendAsync().ConfigureAwait(false);
                throw new BrokenOffException(failure.Message, e);
            }
            finally
            {
                if (isAhead)
                {
                    // If sending failed, the enumerator has a pending call and cannot be disposed before that ends. Its result no longer matters.
                    await ((Task)next.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    /// <summary>Sends the headers and whatever opens the answer.</summary>
    private async ValueTask StartAsync(bool flush = true)
    {
        if (_context.Response.HasStarted || _events.Pending > 0)
        {
            return;
        }
        _context.Response.ContentType = _format.ContentType;
        _context.Response.Headers.CacheControl = "no-cache";
        _format.Begin(_events);
        if (flush)
        {
            await _context.Response.StartAsync().ConfigureAwait(false);
            _events.Raw(_format.KeepAlive);
            await SendAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask SendAsync()
    {
        Volatile.Write(ref _lastSent, _time.GetTimestamp());
        await _events.FlushAsync(_context.RequestAborted).ConfigureAwait(false);
    }

    // Runs on a timer thread, so it writes only when nothing else does: a body takes one writer at a time.
    private async void KeepAlive()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lastSent)) < Silence || !_writing.Wait(0))
        {
            return;
        }
        try
        {
            if (!_context.Response.HasStarted)
            {
                await StartAsync().ConfigureAwait(false); // the first tokens completed no text yet
            }
            else if (_events.Pending == 0)
            {
                _events.Raw(_format.KeepAlive);
                await SendAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The client has gone: the token reader ends for the same reason, and reports it.
        }
        finally
        {
            _writing.Release();
        }
    }
}
