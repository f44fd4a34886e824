using System.Collections.Immutable;
using Engine.Tests.Parity;

namespace Engine.Tests.Registry;

/// <summary>A backend whose models are tables, and whose loading the test can hold up or fail.</summary>
internal sealed class FakeBackend(string name = "fake") : IModelBackend
{
    private ImmutableList<FakeModel> _loaded = [];

    public string Name => name;

    public Task Gate { get; init; } = Task.CompletedTask;

    /// <summary>Fails every loading while it is set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Goes before every loading: waits, or throws what it fails with.</summary>
    public Func<ModelOptions, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>In the order of their loading; two models may load at once.</summary>
    public ImmutableList<FakeModel> Loaded => _loaded;

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        progress?.Report(0.5f);
        await Gate.WaitAsync(cancellationToken);
        await Before(options, cancellationToken);
        if (Failure is not null)
        {
            throw Failure;
        }
        var model = new FakeModel(options);
        ImmutableInterlocked.Update(ref _loaded, (loaded, one) => loaded.Add(one), model);
        return model;
    }
}

internal sealed class FakeModel(ModelOptions options) : IModel
{
    private readonly TableModel _table = new([[1, 2, 3], [1, 2, 3], [1, 2, 3]]);

    public ModelOptions Options => options;

    public int Disposals { get; private set; }

    /// <summary>Released once for each disposal.</summary>
    public SemaphoreSlim Disposed { get; } = new(0);

    /// <summary>Every verb throws it while it is set.</summary>
    public Exception? Failure { get; set; }

    public ModelCard Card => _table.Card with { Path = options.Path };

    public ITokenizer Tokenizer => _table.Tokenizer;

    public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) =>
        FailOr(_table.ScoreAsync(request, cancellationToken));

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        Failure is null ? _table.GenerateAsync(request, cancellationToken) : throw Failure;

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        Failure is null ? _table.EmbedAsync(request, cancellationToken) : throw Failure;

    public ValueTask DisposeAsync()
    {
        Disposals++;
        Disposed.Release();
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<T> FailOr<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T item in items)
        {
            ObjectDisposedException.ThrowIf(Disposals > 0, this);
            yield return Failure is null ? item : throw Failure;
        }
    }
}
