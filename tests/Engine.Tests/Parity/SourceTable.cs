using System.Runtime.CompilerServices;

namespace Engine.Tests.Parity;

/// <summary>An encoder–decoder whose logits are the rows of a table for its tokens, plus the sum of its source, and which answers 3, 2, 1, 0, 3, …</summary>
internal sealed class SourceTable(float[][] rows) : IModel
{
    public const int Start = 4;

    /// <summary>Added to the first number of the encoder's first row.</summary>
    public float EncoderFault { get; init; }

    public ScoreRequest? Asked { get; private set; }

    public ModelCard Card { get; } = new TableModel(rows).Card with
    {
        Architecture = "t5",
        EmbeddingLength = rows[0].Length,
        Capabilities = ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed | ModelCapabilities.Source,
        DecoderStartToken = Start,
    };

    public ITokenizer Tokenizer { get; } = new TableModel(rows) { Ids = [2, 1] }.Tokenizer;

    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Asked = request;
        int[] asked = [.. request.Tokens.Tokens!.Skip(request.FirstPosition).Take(request.PositionCount ?? int.MaxValue)];
        yield return new ScoreBlock
        {
            FirstPosition = request.FirstPosition,
            Rows = asked.Length,
            Vocabulary = rows[0].Length,
            Logits = [.. asked.SelectMany(token => rows[token]).Select(logit => logit + request.Source!.Tokens!.Sum())],
        };
    }

    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        for (int i = 0; i < request.MaxTokens; i++)
        {
            yield return new GeneratedToken { Token = 3 - (i % 4), Text = "", Index = i, PromptTokens = 0 };
        }
    }

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        float[][] encoded = [.. request.Inputs.Single().Tokens!.Select(token => rows[token].ToArray())];
        encoded[0][0] += EncoderFault;
        return ValueTask.FromResult(new Embeddings(encoded, [encoded.Length], request.Pooling, rows[0].Length));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
