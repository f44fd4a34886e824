using System.Threading.Channels;

namespace Engine.Host.Workers;

/// <summary>One accepted request: what to generate, and the tokens as they come.</summary>
/// <param name="model">The model that answers it.</param>
/// <param name="request">What it asks for.</param>
internal sealed class GenerationJob(IModel model, GenerateRequest request) : IDisposable
{
    /// <summary>Only cancelled, never disposed: the worker may come to the job after its reader has gone.</summary>
    private readonly CancellationTokenSource _abandoned = new();

    /// <summary>Not bounded: an answer's tokens are few and small, and a slow reader must not hold the model.</summary>
    private readonly Channel<GeneratedToken> _tokens = Channel.CreateUnbounded<GeneratedToken>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    /// <summary>The answer. Ends with the error that ended the generation, if one did.</summary>
    public IAsyncEnumerable<GeneratedToken> ReadAllAsync(CancellationToken cancellationToken) => _tokens.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Nobody waits for the answer any more: ends the generation, or keeps it from beginning.</summary>
    public void Dispose() => _abandoned.Cancel();

    /// <summary>Generates; every outcome, errors included, goes to the reader.</summary>
    /// <param name="aborted">Cancelled when the host can wait no longer.</param>
    public async Task RunAsync(CancellationToken aborted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_abandoned.Token, aborted);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            await foreach (GeneratedToken token in model.GenerateAsync(request, either.Token).ConfigureAwait(false))
            {
                _tokens.Writer.TryWrite(token);
            }
            _tokens.Writer.Complete();
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            _tokens.Writer.Complete(new ServerStoppingException());
        }
#pragma warning disable CA1031 // Whatever ended this request is this request's answer; the worker goes on with the next.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _tokens.Writer.Complete(e);
        }
    }
}
