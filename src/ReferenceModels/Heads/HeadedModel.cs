using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Heads;

/// <summary>A model, of whatever backend, with heads over the rows that it gives of its tokens.</summary>
/// <param name="model">Gives the rows.</param>
/// <param name="heads">Its heads.</param>
/// <param name="threads">Threads of the products; 0 for one per core.</param>
internal sealed class HeadedModel(IModel model, HeadFile heads, int threads = 0) : IDisposable
{
    private readonly Workers _workers = new(threads);

    /// <summary>How exactly the model computes its rows.</summary>
    public Numerics Numerics { get; init; } = Numerics.Production;

    /// <summary>The logits (V) of each of some positions of an input.</summary>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    public Task<float[][]> MaskedTokensAsync(Prompt input, IReadOnlyList<int> positions, CancellationToken cancellationToken = default) => RunAsync(
        heads.MaskedToken, "a masked-token head", input, (head, pass, rows) => head.Forward(pass, rows, [.. positions]), cancellationToken);

    /// <summary>The logits of "it follows" and "it does not" of a pair.</summary>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    public async Task<float[]> NextSentenceAsync(Prompt pair, CancellationToken cancellationToken = default) =>
        (await RunAsync(heads.NextSentence, "a next-sentence head", pair, (head, pass, rows) => head.Forward(pass, rows), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The logits of the classes.</summary>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    public async Task<float[]> ClassifyAsync(Prompt input, CancellationToken cancellationToken = default) =>
        (await RunAsync(heads.Classification, "a classification head", input, (head, pass, rows) => head.Forward(pass, rows), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Ends the threads; model and heads are the caller's.</summary>
    public void Dispose() => _workers.Dispose();

    private async Task<float[][]> RunAsync<T>(
        T? head, string what, Prompt input, Func<T, Pass, Tensor, Tensor> forward, CancellationToken cancellationToken)
        where T : class
    {
        if (head is null)
        {
            throw new UnsupportedRequestException($"Asking the heads of {model.Card.Name}: expected {what}, the file of heads has none. Ask for another, or give another file.");
        }
        var request = new EmbedRequest { Inputs = [input], Pooling = Pooling.None, Numerics = Numerics };
        Embeddings embeddings = await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        float[] rows = [.. embeddings.Rows.SelectMany(row => row)];
        var pass = new Pass(_workers) { Cancellation = cancellationToken };
        Tensor logits = forward(head, pass, new Tensor(rows, 0, embeddings.Rows.Count, embeddings.Dimensions));
        return [.. Enumerable.Range(0, logits.Rows).Select(row => logits.Row(row).ToArray())];
    }
}
