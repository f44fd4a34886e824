using System.Runtime.CompilerServices;

namespace Engine.Remote.Tests;

/// <summary>What reaches the model of a request that ends early, and what reaches the client of a model that fails, changes or dies.</summary>
public sealed class ChangingServerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly GenerateRequest Some = new() { Prompt = Prompt.FromText("a"), MaxTokens = 4 };

    [Fact]
    public async Task A_request_that_its_client_cancels_or_leaves_ends_on_the_server()
    {
        var ended = new SemaphoreSlim(0);
        var model = new HeldModel(HeldModel.Words) { Generates = (_, cancellationToken) => SayUntilEnded(ended, cancellationToken) };
        await using RemoteServer server = await RemoteServer.StartAsync(new OneModel(model));
        await using IModel remote = await ConnectAsync(server);

        using var cancellation = new CancellationTokenSource();
        await using (IAsyncEnumerator<GeneratedToken> tokens = remote.GenerateAsync(Some, cancellation.Token).GetAsyncEnumerator(CancellationToken.None))
        {
            Assert.True(await tokens.MoveNextAsync());
            ValueTask<bool> next = tokens.MoveNextAsync();
            await cancellation.CancelAsync();
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
            Assert.Equal(cancellation.Token, error.CancellationToken);
        }
        Assert.True(await ended.WaitAsync(Soon));
        await foreach (GeneratedToken _ in remote.GenerateAsync(Some, CancellationToken.None))
        {
            break;
        }
        Assert.True(await ended.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_deadline_is_the_models_and_holds_where_the_server_does_not_keep_it()
    {
        TimeSpan? arrived = null;
        var ended = new SemaphoreSlim(0);
        var model = new HeldModel(HeldModel.Words)
        {
            Generates = (request, cancellationToken) =>
            {
                arrived = request.Deadline;
                return SayUntilEnded(ended, cancellationToken);
            },
        };
        await using RemoteServer server = await RemoteServer.StartAsync(new OneModel(model));
        await using IModel remote = await ConnectAsync(server);
        var deadline = TimeSpan.FromMilliseconds(50);
        var error = await Assert.ThrowsAsync<DeadlineExceededException>(() => remote.GenerateAsync(Some with { Deadline = deadline }).ToListAsync().AsTask().WaitAsync(Soon));
        Assert.Equal(new DeadlineExceededException("held", deadline).Message, error.Message);
        Assert.Equal(deadline, arrived);
        Assert.True(await ended.WaitAsync(Soon));
    }

    [Fact]
    public async Task Activations_come_with_the_error_that_needs_them()
    {
        Activation seen = new("l_out-0", "ADD", 0, [2, 300_000], [.. Enumerable.Range(0, 600_000).Select(i => i == 7 ? float.NaN : i)]);
        var failure = new NonFiniteLogitsException("Position 0 is NaN.") { Activations = [seen, seen with { Name = "l_out-1" }] };
        var model = new HeldModel(HeldModel.Words) { Scores = (_, _) => throw failure, Embeds = _ => throw failure };
        await using RemoteServer server = await RemoteServer.StartAsync(new OneModel(model));
        await using IModel remote = await ConnectAsync(server);
        var scored = await Assert.ThrowsAsync<NonFiniteLogitsException>(() => remote.ScoreAsync(new() { Tokens = Prompt.FromTokens([1]) }).ToListAsync().AsTask());
        var embedded = await Assert.ThrowsAsync<NonFiniteLogitsException>(() => remote.EmbedAsync(new() { Inputs = [Prompt.FromTokens([1])] }).AsTask());
        foreach (NonFiniteLogitsException error in new[] { scored, embedded })
        {
            Assert.Equal(failure.Message, error.Message);
            Assert.Equal(["l_out-0", "l_out-1"], error.Activations.Select(activation => activation.Name));
            Assert.All(error.Activations, activation => Assert.Equal(seen.Values, activation.Values));
        }
    }

    [Fact]
    public async Task An_internal_error_is_sent_without_its_details()
    {
        var model = new HeldModel(HeldModel.Words) { Generates = (_, _) => throw new InvalidOperationException("secret") };
        await using RemoteServer server = await RemoteServer.StartAsync(new OneModel(model));
        await using IModel remote = await ConnectAsync(server);
        var error = await Assert.ThrowsAsync<EngineException>(() => remote.GenerateAsync(Some).ToListAsync().AsTask());
        Assert.Contains("Its log has the details", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_was_exchanged_for_one_of_the_same_vocabulary_answers_on()
    {
        var models = new OneModel(new HeldModel(HeldModel.Words));
        await using RemoteServer server = await RemoteServer.StartAsync(models);
        await using IModel remote = await ConnectAsync(server);
        ITokenizer tokenizer = remote.Tokenizer;
        models.Model = new HeldModel(HeldModel.Words) { Card = models.Model.Card with { FileType = "Q8_0" } };
        Assert.Equal(4, (await remote.GenerateAsync(Some).ToListAsync()).Count);
        Assert.Equal("Q8_0", remote.Card.FileType);
        Assert.Same(tokenizer, remote.Tokenizer);
        Assert.Equal([1, 0], remote.Tokenizer.Encode("b a"));
    }

    [Fact]
    public async Task A_model_that_was_exchanged_for_one_of_another_vocabulary_refuses_what_was_meant_for_the_first()
    {
        var models = new OneModel(new HeldModel(HeldModel.Words));
        await using RemoteServer server = await RemoteServer.StartAsync(models);
        await using IModel remote = await ConnectAsync(server);
        models.Model = new HeldModel(["d", "c", "b", "a"]);
        var error = await Assert.ThrowsAsync<ModelUnavailableException>(() => remote.GenerateAsync(Some).ToListAsync().AsTask());
        Assert.Contains("expected held with the vocabulary it had, found held with another", error.Message, StringComparison.Ordinal);
        Assert.Equal([2, 3], remote.Tokenizer.Encode("b a"));
        Assert.Equal(4, (await remote.GenerateAsync(Some).ToListAsync()).Count);
    }

    [Fact]
    public async Task A_server_that_dies_ends_running_requests_with_a_message_and_is_found_again_when_it_is_back()
    {
        using var folder = new TemporaryFolder();
        var model = new HeldModel(HeldModel.Words) { Generates = (request, cancellationToken) => request.MaxTokens == 4 ? HeldModel.Say(4, cancellationToken) : SayUntilEnded(new SemaphoreSlim(0), cancellationToken) };
        RemoteServer server = await RemoteServer.StartAsync(new OneModel(model), folder);
        await using IModel remote = await ConnectAsync(server);
        await using (IAsyncEnumerator<GeneratedToken> tokens = remote.GenerateAsync(Some with { MaxTokens = 5 }).GetAsyncEnumerator())
        {
            Assert.True(await tokens.MoveNextAsync());
            await server.CutOffAsync().WaitAsync(Soon);
            var cut = await Assert.ThrowsAsync<ModelUnavailableException>(async () => await tokens.MoveNextAsync().AsTask().WaitAsync(Soon));
            Assert.StartsWith("A", cut.Message, StringComparison.Ordinal);
        }
        var gone = await Assert.ThrowsAsync<ModelUnavailableException>(() => remote.GenerateAsync(Some).ToListAsync().AsTask());
        Assert.StartsWith($"Asking {server.Socket}: expected an engine that answers, found none", gone.Message, StringComparison.Ordinal);
        RemoteServer back = await RemoteServer.StartAsync(new OneModel(model), folder);
        Assert.Equal(4, (await remote.GenerateAsync(Some).ToListAsync()).Count);
        await back.CutOffAsync();
    }

    private static ValueTask<IModel> ConnectAsync(RemoteServer server) => new RemoteBackend().LoadAsync(new() { Endpoint = server.Socket });

    private static async IAsyncEnumerable<GeneratedToken> SayUntilEnded(SemaphoreSlim ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return HeldModel.Token(0);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            ended.Release();
        }
    }
}
