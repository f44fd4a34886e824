using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Engine.Api.Answers;

/// <summary>Several generations of one request, read as one.</summary>
internal static class SideBySide
{
    /// <summary>Each token with the index of its generation, as they arrive. The first generation that fails ends all of them with its error.</summary>
    public static async IAsyncEnumerable<(int Index, GeneratedToken Token)> GenerateAsync(
        IModel model, IReadOnlyList<GenerateRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (requests.Count == 1)
        {
            await foreach (GeneratedToken token in model.GenerateAsync(requests[0], cancellationToken).ConfigureAwait(false))
            {
                yield return (0, token);
            }
            yield break;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Bounded: a slow client holds up its own generations rather than filling memory.
        var tokens = Channel.CreateBounded<(int, GeneratedToken)>(new BoundedChannelOptions(requests.Count) { SingleReader = true });
        int running = requests.Count;
        Task[] generations = [.. requests.Select((request, index) => RunAsync(index, request))];
        try
        {
            await foreach ((int, GeneratedToken) token in tokens.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return token;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(generations).ConfigureAwait(false);
        }

        async Task RunAsync(int index, GenerateRequest request)
        {
            try
            {
                await foreach (GeneratedToken token in model.GenerateAsync(request, stop.Token).ConfigureAwait(false))
                {
                    await tokens.Writer.WriteAsync((index, token), stop.Token).ConfigureAwait(false);
                }
                if (Interlocked.Decrement(ref running) == 0)
                {
                    tokens.Writer.TryComplete();
                }
            }
#pragma warning disable CA1031 // The reader gets the first error, whatever it was; the others are its consequences.
            catch (Exception e)
#pragma warning restore CA1031
            {
                tokens.Writer.TryComplete(e);
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
