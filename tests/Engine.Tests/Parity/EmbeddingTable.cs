namespace Engine.Tests.Parity;

/// <summary>An encoder that gives the rows of a table for its tokens, and pools them as asked.</summary>
internal sealed class EmbeddingTable(float[][] rows, float[]? scores = null) : IModel
{
    /// <summary>Inputs of the requests that came, by pooling.</summary>
    public Dictionary<Pooling, IReadOnlyList<Prompt>> Asked { get; } = [];

    /// <summary>Added to the first number of the row of this pooling.</summary>
    public (Pooling Pooling, float Delta) Fault { get; init; }

    public ModelCard Card { get; init; } = new TableModel([[1]]).Card with { Capabilities = ModelCapabilities.Embed, VocabularySize = rows.Length, EmbeddingLength = rows[0].Length, Activation = "gelu", Classes = scores is null ? 0 : 1 };

    public ITokenizer Tokenizer => new TableModel([[1]]).Tokenizer;

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        Asked[request.Pooling] = request.Inputs;
        float[][] pooled = request.Pooling switch
        {
            Pooling.None => [.. request.Inputs.Single().Tokens!.Select(token => rows[token].ToArray())],
            Pooling.Cls => [rows[request.Inputs.Single().Tokens![0]].ToArray()],
            Pooling.Mean => [[.. Enumerable.Range(0, rows[0].Length).Select(i => request.Inputs.Single().Tokens!.Average(token => rows[token][i]))]],
            _ when scores is not null => [.. request.Inputs.Select(input => new[] { scores[input.Tokens![0]] })],
            _ => throw new UnsupportedRequestException("no classifier"),
        };
        pooled[0][0] += request.Pooling == Fault.Pooling ? Fault.Delta : 0;
        return ValueTask.FromResult(new Embeddings(pooled, [], request.Pooling, pooled[0].Length));
    }

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("An encoder does not score.");

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("An encoder does not generate.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
