using System.Runtime.CompilerServices;
using Engine;
using Engine.Gguf;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;

namespace ReferenceModels.HuggingFace;

/// <summary>A checkpoint as a model, for <see cref="Engine.Parity.ParityCheck"/>: it scores and embeds a few tokens, and does not generate.</summary>
internal sealed class TrainedModel : IModel
{
    private readonly TrainedNetwork _network;
    private (int[] Tokens, int[] Source, float[] Logits)? _scored;   // of the last input, since several kinds of rows are requested for one input
    private (int[] Tokens, float[] Rows)? _embedded;

    /// <param name="settings">The settings in config.json.</param>
    /// <param name="checkpoint">The weights; must stay open while the model is used.</param>
    /// <param name="imported">The GGUF made from it, which has the checkpoint's vocabulary.</param>
    /// <param name="asTrained">Whether to compute as the model was trained where llama.cpp differs.</param>
    /// <param name="written">The formats that matrices are rounded to, by name; null for no rounding.</param>
    public TrainedModel(TrainedSettings settings, Checkpoint checkpoint, IModel imported, bool asTrained, IReadOnlyDictionary<string, GgmlType>? written = null)
    {
        _network = TrainedNetwork.Of(settings, checkpoint, asTrained, written);
        Tokenizer = imported.Tokenizer;
        Card = imported.Card with { Backend = "safetensors", Path = checkpoint.Tensors.Values.First().File.Name };
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        int[] tokens = [.. request.Tokens.Tokens!], source = [.. request.Source?.Tokens ?? []];
        float[] logits = await Task.Run(() => Logits(tokens, source), cancellationToken).ConfigureAwait(false);
        int V = logits.Length / tokens.Length;
        for (int row = request.FirstPosition; row < tokens.Length; row += request.BlockRows)
        {
            int rows = Math.Min(request.BlockRows, tokens.Length - row);
            yield return new ScoreBlock { FirstPosition = row, Rows = rows, Vocabulary = V, Logits = logits[(row * V)..((row + rows) * V)] };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var rows = new List<float[]>();
        foreach (Prompt input in request.Inputs)
        {
            int[] tokens = [.. input.ToTokens(Tokenizer)];
            float[] all = await Task.Run(() => Rows(tokens), cancellationToken).ConfigureAwait(false);
            int d = all.Length / tokens.Length;
            rows.AddRange(request.Pooling switch
            {
                Pooling.None => all.Chunk(d),
                Pooling.Mean => [[.. Enumerable.Range(0, d).Select(i => (float)Enumerable.Range(0, tokens.Length).Average(t => (double)all[(t * d) + i]))]],
                Pooling.Rank => [_network.Scores(all)],
                Pooling.Last => [all[^d..]],
                _ => [all[..d]],
            });
        }
        return new Embeddings(rows, [.. request.Inputs.Select(input => input.ToTokens(Tokenizer).Count)], request.Pooling, rows[0].Length);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("Generating with a checkpoint: checkpoints run only for comparisons. Import it, and generate with the GGUF file.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private float[] Logits(int[] tokens, int[] source)
    {
        if (_scored is not { } last || !last.Tokens.SequenceEqual(tokens) || !last.Source.SequenceEqual(source))
        {
            _scored = last = (tokens, source, _network.Logits(tokens, source));
        }
        return last.Logits;
    }

    private float[] Rows(int[] tokens)
    {
        if (_embedded is not { } last || !last.Tokens.SequenceEqual(tokens))
        {
            _embedded = last = (tokens, _network.Rows(tokens));
        }
        return last.Rows;
    }
}
