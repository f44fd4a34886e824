namespace Engine.Serving;

/// <summary>The bounded line before one model: how many requests may be under way or wait, whichever lane they take.</summary>
/// <param name="model">The model's name.</param>
/// <param name="places">Requests that are worked on at the same time.</param>
/// <param name="queue">Requests that may wait beside them.</param>
/// <param name="time">Times the requests.</param>
internal sealed class Admission(string model, int places, int queue, TimeProvider time)
{
    private const double Weight = 0.2; // of the latest request in the mean
    private readonly Lock _lock = new();
    private int _inside;
    private double _meanSeconds = 1;

    /// <summary>Requests that are under way or wait.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>Takes a request in.</summary>
    /// <returns>Dispose it when the request has ended, however.</returns>
    /// <exception cref="QueueFullException">As many wait as may.</exception>
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
