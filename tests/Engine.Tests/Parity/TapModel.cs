using System.Runtime.CompilerServices;

namespace Engine.Tests.Parity;

/// <summary>A model that shows a list of activations of a number of tokens, whatever the tokens are.</summary>
/// <param name="show">Given the number of tokens and the activations to replay, what it shows.</param>
internal sealed class TapModel(Func<int, IReadOnlyList<Activation>, IReadOnlyList<Activation>> show) : IModel
{
    /// <summary>The same activations always.</summary>
    public TapModel(params Activation[] activations) : this((_, _) => activations)
    {
    }

    public bool Embeds { get; init; }

    public string FileType { get; init; } = "F32";

    /// <summary>Tokens of each request, in order.</summary>
    public List<int> Asked { get; } = [];

    /// <summary>What the last request gave to be replayed.</summary>
    public IReadOnlyList<Activation> Replayed { get; private set; } = [];

    public ModelCard Card => new TableModel([[1, 2]], fileType: FileType).Card with { Capabilities = Embeds ? ModelCapabilities.Embed : ModelCapabilities.Score };

    public ITokenizer Tokenizer => new TableModel([[1, 2]]).Tokenizer;

    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        yield return new ScoreBlock { FirstPosition = 0, Rows = 1, Vocabulary = 2, Activations = Show(request.Tokens, request.Activations, request.Replay) };
    }

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => request.Pooling == Pooling.Rank
        ? throw new UnsupportedRequestException("No classifier.")
        : ValueTask.FromResult(new Embeddings([[1]], [1], request.Pooling, 1) { Activations = Show(request.Inputs[0], request.Activations, request.Replay) });

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("It does not generate.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IReadOnlyList<Activation> Show(Prompt prompt, IReadOnlyList<string> asked, IReadOnlyList<Activation> replay)
    {
        Assert.Equal([ScoreRequest.AllActivations], asked);
        Asked.Add(prompt.Tokens!.Count);
        Replayed = replay;
        return show(prompt.Tokens.Count, replay);
    }
}
