using System.Diagnostics;
using System.Runtime.CompilerServices;
using Engine.Registry;
using Engine.Remote.Client;

namespace Engine.Remote.Isolation;

/// <summary>A model in its own process. A request whose process dies before returning anything is repeated once in the next one.</summary>
internal sealed class IsolatedModel(Supervisor supervisor) : IModel, ISupervisedModel
{
    private const int Attempts = 2;

    public ModelCard Card => supervisor.Last.Model.Card;

    public ITokenizer Tokenizer => supervisor.Last.Model.Tokenizer is RemoteTokenizer ? new IsolatedTokenizer(this, supervisor) : supervisor.Last.Model.Tokenizer;

    public ModelState State => supervisor.State;

    public Exception? Failure => supervisor.Failure;

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RunAsync((model, left) => model.ScoreAsync(request with { Deadline = left }, cancellationToken), request.Deadline, cancellationToken);
    }

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RunAsync((model, left) => model.GenerateAsync(request with { Deadline = left }, cancellationToken), request.Deadline, cancellationToken);
    }

    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Embeddings? answer = null;
        await foreach (Embeddings embeddings in RunAsync((model, left) => EmbedAsync(model, request with { Deadline = left }, cancellationToken), request.Deadline, cancellationToken).ConfigureAwait(false))
        {
            answer = embeddings;
        }
        return answer!;
    }

    public ValueTask DisposeAsync() => supervisor.DisposeAsync();

    /// <summary>Splits a text in the process, or in the next one if it dies.</summary>
    public IReadOnlyList<int> Encode(string text, bool addSpecial, bool parseSpecial)
    {
        for (int attempt = 1; ; attempt++)
        {
            // A tokenizer's calls are synchronous; the answer comes from this machine.
            ChildProcess child = supervisor.ReadyAsync(CancellationToken.None).GetAwaiter().GetResult();
            try
            {
                return child.Model.Tokenizer.Encode(text, addSpecial, parseSpecial);
            }
            catch (Exception e) when (IsLoss(e) && attempt < Attempts)
            {
                if (child.IsEndingAsync().GetAwaiter().GetResult())
                {
                    supervisor.Withdraw(child);
                }
            }
        }
    }

    private static async IAsyncEnumerable<Embeddings> EmbedAsync(IModel model, EmbedRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<T> RunAsync<T>(Func<IModel, TimeSpan?, IAsyncEnumerable<T>> verb, TimeSpan? deadline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            ChildProcess child = await ReadyAsync(deadline, begin, cancellationToken).ConfigureAwait(false);
            int handedOut = 0;
            Exception? loss = null;
            // The first attempt uses the request's own deadline, so that an invalid one is refused with the original value.
            IAsyncEnumerator<T> items = verb(child.Model, attempt == 1 ? deadline : deadline - Stopwatch.GetElapsedTime(begin)).GetAsyncEnumerator(cancellationToken);
            await using (items.ConfigureAwait(false))
            {
                while (loss is null)
                {
                    try
                    {
                        if (!await items.MoveNextAsync().ConfigureAwait(false))
                        {
                            child.Answered();
                            yield break;
                        }
                    }
                    catch (Exception e) when (IsLoss(e) && !cancellationToken.IsCancellationRequested)
                    {
                        loss = e;
                        continue;
                    }
                    handedOut++;
                    yield return items.Current;
                }
            }
            if (loss is NativeFailureException)
            {
                child.Condemn($"its native code failed: {loss.Message.TrimEnd('.')}");
            }
            bool ends = await child.IsEndingAsync().ConfigureAwait(false);
            if (ends)
            {
                supervisor.Withdraw(child);
            }
            if (handedOut > 0 || attempt == Attempts)
            {
                string reason = ends ? await child.EndAsync(cancellationToken).ConfigureAwait(false) : loss.Message.TrimEnd('.');
                throw new ModelUnavailableException(
                    $"Answering a request with {supervisor.Name}, which runs in its own process: {reason}{(handedOut > 0 ? ", when a part of the answer was there already" : ", the second time for this request")}. "
                    + "Send the request again.", loss);
            }
        }
    }

    private async Task<ChildProcess> ReadyAsync(TimeSpan? deadline, long begin, CancellationToken cancellationToken)
    {
        if (deadline is not { } time || time <= TimeSpan.Zero || time > TimeSpan.FromDays(1))
        {
            return await supervisor.ReadyAsync(cancellationToken).ConfigureAwait(false);
        }
        TimeSpan left = time - Stopwatch.GetElapsedTime(begin);
        try
        {
            return await supervisor.ReadyAsync(cancellationToken).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new DeadlineExceededException(supervisor.Name, time);
        }
    }

    /// <summary>Whether a failure means that the process has gone or can no longer be used.</summary>
    private bool IsLoss(Exception e) => e is ModelUnavailableException or NativeFailureException or ObjectDisposedException && !supervisor.IsDisposed;
}
