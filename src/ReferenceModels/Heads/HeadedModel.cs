using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Heads;

/// <summary>A model of any backend with heads on its tokens' rows: masked token, next sentence, classifier. llama.cpp does not
/// support such heads in a model's file, so they are stored in a separate one.</summary>
/// <remarks>Safe to call from many threads at once.</remarks>
public sealed class HeadedModel : IDisposable
{
    private readonly IModel _model;
    private readonly HeadFile _heads;
    private readonly Workers _workers;

    /// <summary>Opens the heads of a model.</summary>
    /// <param name="model">Computes the rows; it remains the caller's and must live as long as this object.</param>
    /// <param name="path">The GGUF file of the heads; null for the one next to the model's (<see cref="Beside"/>).</param>
    /// <param name="threads">Threads of the products; 0 for one per core.</param>
    /// <exception cref="ModelFileException">The file does not exist, or belongs to another model.</exception>
    public HeadedModel(IModel model, string? path = null, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        path ??= Beside(model.Card.Path);
        _model = model;
        _heads = File.Exists(path) ? HeadFile.Open(path, model.Card) : throw new ModelFileException(
            $"Opening the heads of {model.Card.Name}: expected a GGUF file '{path}', found nothing there. Give the path of the file of heads.");
        _workers = new Workers(threads);
    }

    /// <summary>The names of the classes; empty if the file does not name them.</summary>
    public IReadOnlyList<string> Labels => _heads.Labels;

    /// <summary>How exactly the model computes its rows.</summary>
    public Numerics Numerics { get; init; } = Numerics.Production;

    /// <summary>Where a model's heads are stored: <c>NAME.heads.gguf</c> next to <c>NAME.gguf</c>.</summary>
    public static string Beside(string model) => Path.ChangeExtension(model, ".heads.gguf");

    /// <summary>The logits (V) at each of some positions of an input: which token belongs there.</summary>
    /// <param name="input">With the mask token at these positions.</param>
    /// <param name="positions">Indices among its tokens, from 0.</param>
    /// <param name="cancellationToken">As for <see cref="IModel.EmbedAsync"/>.</param>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    /// <exception cref="InvalidRequestException">A position is beyond the input's end.</exception>
    public Task<float[][]> MaskedTokensAsync(Prompt input, IReadOnlyList<int> positions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return RunAsync(_heads.MaskedToken, "a masked-token head", input, Run, cancellationToken);

        Tensor Run(MaskedTokenHead head, Pass pass, Tensor rows)
        {
            foreach (int position in positions)
            {
                if ((uint)position >= (uint)rows.Rows)
                {
                    throw new InvalidRequestException(
                        $"Asking the masked-token head of {_model.Card.Name}: expected positions from 0 to {rows.Rows - 1}, found {position}. Correct the positions.");
                }
            }
            return head.Forward(pass, rows, [.. positions]);
        }
    }

    /// <summary>The logits (2) of "the second sentence follows" and "it does not".</summary>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    public async Task<float[]> NextSentenceAsync(Prompt pair, CancellationToken cancellationToken = default) =>
        (await RunAsync(_heads.NextSentence, "a next-sentence head", pair, (head, pass, rows) => head.Forward(pass, rows), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The logits of the classes, in the order of the labels.</summary>
    /// <exception cref="UnsupportedRequestException">There is no such head.</exception>
    public async Task<float[]> ClassifyAsync(Prompt input, CancellationToken cancellationToken = default) =>
        (await RunAsync(_heads.Classification, "a classification head", input, (head, pass, rows) => head.Forward(pass, rows), cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Closes the file of heads. The model remains the caller's.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _heads.Dispose();
    }

    private async Task<float[][]> RunAsync<T>(
        T? head, string what, Prompt input, Func<T, Pass, Tensor, Tensor> forward, CancellationToken cancellationToken)
        where T : class
    {
        if (head is null)
        {
            throw new UnsupportedRequestException($"Asking the heads of {_model.Card.Name}: expected {what}, but the file of heads has none. Ask for another head, or give another file.");
        }
        var request = new EmbedRequest { Inputs = [input], Pooling = Pooling.None, Numerics = Numerics };
        Embeddings embeddings = await _model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        float[] rows = [.. embeddings.Rows.SelectMany(row => row)];
        var pass = new Pass(_workers) { Cancellation = cancellationToken };
        Tensor logits = forward(head, pass, new Tensor(rows, 0, embeddings.Rows.Count, embeddings.Dimensions));
        return [.. Enumerable.Range(0, logits.Rows).Select(row => logits.Row(row).ToArray())];
    }
}
