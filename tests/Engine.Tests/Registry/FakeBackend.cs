using Engine.Tests.Parity;

namespace Engine.Tests.Registry;

/// <summary>A backend whose models are tables, and whose loading the test can hold up or fail.</summary>
internal sealed class FakeBackend(string name = "fake") : IModelBackend
{
    public string Name => name;

    public Task Gate { get; init; } = Task.CompletedTask;

    public Exception? Failure { get; init; }

    public List<FakeModel> Loaded { get; } = [];

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        progress?.Report(0.5f);
        await Gate.WaitAsync(cancellationToken);
        if (Failure is not null)
        {
            throw Failure;
        }
        var model = new FakeModel(options);
        Loaded.Add(model);
        return model;
    }
}

internal sealed class FakeModel(ModelOptions options) : IModel
{
    private readonly TableModel _table = new([[1, 2, 3]]);

    public ModelOptions Options => options;

    public int Disposals { get; private set; }

    public ModelCard Card => _table.Card with { Path = options.Path };

    public ITokenizer Tokenizer => _table.Tokenizer;

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        _table.ScoreAsync(request, cancellationToken);

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        _table.GenerateAsync(request, cancellationToken);

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        _table.EmbedAsync(request, cancellationToken);

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return ValueTask.CompletedTask;
    }
}
