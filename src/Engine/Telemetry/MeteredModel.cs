using System.Runtime.CompilerServices;

namespace Engine.Telemetry;

/// <summary>Measures each request for a configured model: a span and the metrics of <c>gen_ai</c>, also of those that fail or are cancelled. Where
/// nobody listens, requests go straight through.</summary>
/// <param name="name">The model's name in the configuration.</param>
/// <param name="inner">The loaded model.</param>
internal sealed class MeteredModel(string name, IModel inner) : DelegatingModel(inner)
{
    public override IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        request is null || !Instruments.MeasuresRequests ? Inner.ScoreAsync(request!, cancellationToken) : MeasureAsync(
            () => RequestMeasure.Begin(request, name, Card.Name), static (measure, block) => measure.Add(block), () => Inner.ScoreAsync(request, cancellationToken), cancellationToken);

    public override IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        request is null || !Instruments.MeasuresRequests ? Inner.GenerateAsync(request!, cancellationToken) : MeasureAsync(
            () => RequestMeasure.Begin(request, name, Card.Name), static (measure, token) => measure.Add(token), () => Inner.GenerateAsync(request, cancellationToken), cancellationToken);

    public override ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        request is null || !Instruments.MeasuresRequests ? Inner.EmbedAsync(request!, cancellationToken) : MeasureEmbedAsync(request, cancellationToken);

    private async ValueTask<Embeddings> MeasureEmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        var measure = RequestMeasure.Begin(request, name, Card.Name);
        try
        {
            Embeddings answer = await Inner.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
            measure.InputTokens = answer.TokenCounts.Sum();
            measure.Complete();
            return answer;
        }
        catch (Exception failure)
        {
            measure.Fail(failure);
            throw;
        }
        finally
        {
            measure.End();
        }
    }

    // What begins the measure runs with the request, not with the call: the span's parent is the reader's.
    private static async IAsyncEnumerable<T> MeasureAsync<T>(
        Func<RequestMeasure> begin, Action<RequestMeasure, T> add, Func<IAsyncEnumerable<T>> verb, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequestMeasure measure = begin();
        IAsyncEnumerator<T>? items = null;
        try
        {
            while (true)
            {
                try
                {
                    items ??= verb().GetAsyncEnumerator(cancellationToken);
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        measure.Complete();
                        break;
                    }
                }
                catch (Exception failure)
                {
                    measure.Fail(failure);
                    throw;
                }
                add(measure, items.Current);
                yield return items.Current;
            }
        }
        finally
        {
            try
            {
                if (items is not null)
                {
                    await items.DisposeAsync().ConfigureAwait(false);
                }
            }
            finally
            {
                measure.End();
            }
        }
    }
}
