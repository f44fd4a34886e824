namespace Engine.Serving;

/// <summary>The bounded queue of one model: how many requests may be in progress or waiting, on either lane.</summary>
/// <param name="model">The model's name.</param>
/// <param name="places">The number of requests that are processed at the same time.</param>
/// <param name="queue">The number of further requests that may wait.</param>
/// <param name="time">Times the requests.</param>
internal sealed class Admission(string model, int places, int queue, TimeProvider time)
{
    private const double Weight = 0.2; // of the latest request in the running mean
    private readonly Lock _lock = new();
    private int _inside;
    private double _meanSeconds = 1;

    /// <summary>The number of requests in progress or waiting.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>Admits a request.</summary>
    /// <returns>Dispose of it when the request has ended, in whatever way.</returns>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    public Place Enter()
    {
        lock (_lock)
        {
            if (_inside >= (long)places + queue)
            {
                throw new QueueFullException(model, Math.Max(0, _inside - places), TimeSpan.FromSeconds(Math.Clamp(_meanSeconds * _inside / places / 2, 1, 60)));
            }
            _inside++;
        }
        return new Place(this, time.GetTimestamp());
    }

    private void Leave(long since)
    {
        double seconds = time.GetElapsedTime(since).TotalSeconds;
        lock (_lock)
        {
            _inside--;
            _meanSeconds += Weight * (seconds - _meanSeconds);
        }
    }

    /// <summary>A request's place in the line.</summary>
    internal sealed class Place(Admission line, long since) : IDisposable
    {
        private int _left;

        /// <summary>Frees the place; the first call counts.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                line.Leave(since);
            }
        }
    }
}
