using System.Diagnostics;
using System.Text;
using Engine;
using Engine.Host.Tests.Api;

namespace Clients.Tests;

/// <summary>What every client library must be able to do with the server. Each overrides what it does in a way of its own.</summary>
public abstract class ClientContract(ShippedModels models) : IClassFixture<ShippedModels>
{
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";

    /// <summary>More tokens than any of the tests reads.</summary>
    private const int Endless = 1_000_000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly Turn[] Question = [new("user", "zero")];

    /// <summary>What the client calls the end of an answer that reached its limit of tokens.</summary>
    protected virtual string LimitReached => "length";

    /// <summary>What it does after 429 with <c>Retry-After</c>.</summary>
    protected virtual Retry Retry => Retry.WhenTold;

    /// <summary>Whether its user reads why the server refused: the sentence of the answer.</summary>
    protected virtual bool TellsRefusals => true;

    /// <summary>Whether its user reads the sentence of a 429 that it gives up at.</summary>
    protected virtual bool TellsFullLines => true;

    /// <summary>Whether its user reads why a stream broke off: the sentence of the error event. The others notice only the broken connection.</summary>
    protected virtual bool TellsErrorsOfStreams => true;

    /// <summary>Seconds in <c>Retry-After</c>: others than the client would wait by itself.</summary>
    protected virtual int Pause => 1;

    /// <summary>Whether a cancelled stream closes the connection at once. The others do with the next piece.</summary>
    protected virtual bool CancelsAtOnce => true;

    /// <summary>Whether leaving the reading loop closes the connection. Elsewhere the generation runs on to its end.</summary>
    protected virtual bool HangsUpOnLeaving => true;

    /// <summary>The library, unchanged but for its address.</summary>
    /// <param name="server">The server's address, without a path.</param>
    protected abstract IClient Connect(Uri server);

    [Fact]
    public async Task A_chat_is_answered_with_its_counts_and_why_it_ended()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template });
        await using IClient client = Connect(server.Client.BaseAddress!);
        Assert.Equal(new Said(" one two three", LimitReached, 3, 3), await client.ChatAsync("default", Question, 3));
    }

    [Fact]
    public async Task A_stream_that_waits_for_its_first_token_brings_every_piece_and_the_counts_once()
    {
        var read = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend { ChatTemplate = Template, Prefill = read.Task });
        await using IClient client = Connect(server.Client.BaseAddress!);
        List<string> pieces = [];
        Task<Said> reading = client.StreamAsync("default", Question, 3, pieces.Add);
        await Task.WhenAny(reading, Task.Delay(500)); // after 200 ms the headers go out, and a sign of life
        Assert.False(reading.IsCompleted);
        read.SetResult();
        Assert.Equal(new Said(" one two three", LimitReached, 3, 3), await reading.WaitAsync(Soon));
        Assert.Equal([" one", " two", " three"], pieces);
    }

    [Fact]
    public async Task Every_turn_of_a_conversation_reaches_the_model()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        await client.ChatAsync("default", [new("system", "count"), new("user", "zero"), new("assistant", "one"), new("user", "two")], 1);
        GenerateRequest request = Assert.Single(backend.Requests);
        Assert.Equal("<system>count<user>zero<assistant>one<user>two<assistant>", string.Concat(request.Prompt.Parts!.Select(part => part.Text)));
        Assert.Equal(1, request.MaxTokens);
    }

    [Fact]
    public async Task The_bundled_story_teller_continues_where_it_was()
    {
        await using IClient client = Connect(models.Address);
        List<string> pieces = [];
        Said begun = await client.StreamAsync(ShippedModels.Stories, [new("user", "Tell me a story.")], 12, pieces.Add).WaitAsync(Soon);
        Assert.True(pieces.Count > 1, begun.Text);
        Assert.Equal(begun.Text, string.Concat(pieces));
        Said more = await client.ChatAsync(ShippedModels.Stories, [new("user", "Tell me a story."), new("assistant", begun.Text), new("user", "What then?")], 12).WaitAsync(Soon);
        Assert.NotEqual("", more.Text);
        Assert.InRange(more.AnswerTokens!.Value, 1, 12);
        // No more than this: what was drawn token by token may take fewer when it comes back as text.
        Assert.True(more.PromptTokens > begun.PromptTokens, $"{more}");
    }

    [Fact]
    public async Task A_cancelled_stream_stops_the_generation()
    {
        var go = new TaskCompletionSource();
        var backend = new ScriptedBackend { ChatTemplate = Template, Generating = go.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        using var cancel = new CancellationTokenSource();
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task reading = client.StreamAsync("default", Question, Endless, piece => first.TrySetResult(piece), cancellationToken: cancel.Token);
        Assert.Equal(" one", await first.Task.WaitAsync(Soon));
        await cancel.CancelAsync();
        if (!CancelsAtOnce)
        {
            go.SetResult();
        }
        Assert.True(await backend.Cancelled.WaitAsync(Soon));
        await reading.WaitAsync(Soon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext); // some throw, some just end
        Assert.True(reading.IsCompleted);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task Leaving_the_loop_of_a_stream_stops_the_generation_where_the_client_hangs_up()
    {
        var go = new TaskCompletionSource();
        var backend = new ScriptedBackend { ChatTemplate = Template, Generating = go.Task };
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        Task reading = client.StreamAsync("default", Question, 5, _ => { }, leave: 1);
        await backend.Begun.WaitAsync(Soon);
        // .NET first reads on for 2 s, in case the rest comes.
        Assert.Equal(HangsUpOnLeaving, await backend.Cancelled.WaitAsync(HangsUpOnLeaving ? Soon : TimeSpan.FromSeconds(3)));
        go.SetResult();
        await reading.WaitAsync(Soon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.Equal(HangsUpOnLeaving ? 1 : 5, backend.Given);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_is_reported_and_not_retried(bool stream)
    {
        var backend = new ScriptedBackend { ChatTemplate = Template, Refusal = new ContextLengthExceededException(5, 3) };
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        string told = await FailAsync(client, stream, _ => { });
        Assert.True(TellsRefusals == told.Contains("the context holds 3 tokens, the prompt has 5", StringComparison.Ordinal), told);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_fails_for_its_reader_after_what_came()
    {
        var backend = new ScriptedBackend { ChatTemplate = Template, Failure = new NonFiniteLogitsException("NaN in layer 3") };
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        List<string> pieces = [];
        string told = await FailAsync(client, stream: true, pieces.Add);
        Assert.Equal([" one"], pieces);
        Assert.True(TellsErrorsOfStreams == told.Contains("NaN in layer 3", StringComparison.Ordinal), told);
        Assert.Single(backend.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_queue_is_retried_when_the_server_says(bool stream)
    {
        var backend = new ScriptedBackend { ChatTemplate = Template };
        backend.Refusals.Enqueue(new QueueFullException("script", 7, TimeSpan.FromSeconds(Pause)));
        await using TestServer server = await TestServer.StartAsync(backend);
        await using IClient client = Connect(server.Client.BaseAddress!);
        if (Retry == Retry.Never)
        {
            string told = await FailAsync(client, stream, _ => { });
            Assert.True(TellsFullLines == told.Contains("7 requests wait already", StringComparison.Ordinal), told);
            Assert.Single(backend.Requests);
            return;
        }
        Task<Said> answering = stream ? client.StreamAsync("default", Question, 1, _ => { }) : client.ChatAsync("default", Question, 1);
        Assert.Equal(" one", (await answering.WaitAsync(Soon)).Text);
        Assert.Equal(2, backend.Arrivals.Count);
        double pause = Stopwatch.GetElapsedTime(backend.Arrivals.First(), backend.Arrivals.Last()).TotalSeconds;
        // Timers count whole milliseconds, and may be one early.
        Assert.InRange(pause, Retry == Retry.WhenTold ? Pause - 0.02 : 0.1, 15);
    }

    /// <summary>What the user of the client reads of a failure: the messages of all its exceptions.</summary>
    private static async Task<string> FailAsync(IClient client, bool stream, Action<string> piece)
    {
        Task<Said> answering = stream ? client.StreamAsync("default", Question, 3, piece) : client.ChatAsync("default", Question, 3);
        Exception? failure = await Record.ExceptionAsync(() => answering.WaitAsync(Soon));
        Assert.False(failure is null or TimeoutException, $"The client did not notice: {failure}");
        var told = new StringBuilder();
        for (; failure is not null; failure = failure.InnerException)
        {
            told.AppendLine(failure.Message);
        }
        return told.ToString();
    }
}

/// <summary>What a client does after 429.</summary>
public enum Retry
{
    /// <summary>It tries again when <c>Retry-After</c> says.</summary>
    WhenTold,

    /// <summary>It tries again after a pause that it chooses.</summary>
    AtItsOwnTime,

    /// <summary>It fails.</summary>
    Never,
}
