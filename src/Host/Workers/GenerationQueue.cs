using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Engine.Host.Workers;

/// <summary>The accepted requests that wait for the worker: so many and no more.</summary>
internal sealed class GenerationQueue(IOptions<ServeOptions> options)
{
    private readonly Channel<GenerationJob> _waiting = Channel.CreateBounded<GenerationJob>(options.Value.Queue);

    /// <summary>Whether the host stops and nothing is taken any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Number of requests that wait.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Takes a request in, unless the queue is full.</summary>
    /// <exception cref="ServerStoppingException">The queue is closed.</exception>
    public bool TryAdd(GenerationJob job)
    {
        bool added = _waiting.Writer.TryWrite(job);
        return !added && IsClosed ? throw new ServerStoppingException() : added;
    }

    /// <summary>Takes nothing more; what waits is still handed out.</summary>
    public void Close()
    {
        IsClosed = true;
        _waiting.Writer.TryComplete();
    }

    /// <summary>The waiting requests in their order, to several readers; ends when the queue is closed and empty.</summary>
    public IAsyncEnumerable<GenerationJob> ReadAllAsync() => _waiting.Reader.ReadAllAsync();
}
