using System.Collections.Concurrent;
using Engine;
using Engine.Serving;

namespace Tests.Contracts;

/// <summary>Clients that request everything a model does, in any mixture, and give up, dawdle or run out of time at any moment.</summary>
/// <param name="model">A decoder with token ids up to 250 and a context of 128 at most.</param>
/// <param name="seed">The seed of their requests.</param>
internal sealed class Chaos(ServedModel model, int seed)
{
    private const int Context = 128;
    private const int Clients = 32;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, int> _endings = new();

    /// <summary>How the requests ended, and how many of each.</summary>
    public IReadOnlyDictionary<string, int> Endings => _endings;

    /// <summary>Requests that ended, however.</summary>
    public int Ended => _endings.Values.Sum();

    /// <summary>Sends requests, waits until the last has ended, and asserts that nothing of them is left in the model.</summary>
    public async Task RunAsync(int requests)
    {
        int before = Ended;
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, _) => await EndAsync(before + i)).WaitAsync(4 * Soon);
        Assert.Equal(before + requests, Ended);
        for (int i = 0; i < 1000 && model.Counters is not { Running: 0, Waiting: 0, Cells: 0 }; i++)
        {
            await Task.Delay(5);
        }
        Assert.Equal((0, 0, 0), (model.Counters.Running, model.Counters.Waiting, model.Counters.Cells));
    }

    /// <summary>Disposes of the model while requests run and wait, and asserts that each of them still ends.</summary>
    public async Task DisposeAsync(int requests)
    {
        Task[] running = [.. Enumerable.Range(0, requests).Select(i => Task.Run(() => EndAsync(i)))];
        while (Ended == 0)
        {
            await Task.Delay(1);
        }
        await model.DisposeAsync().AsTask().WaitAsync(Soon);
        await Task.WhenAll(running).WaitAsync(Soon);
        Assert.Equal(requests, Ended);
        Assert.True(_endings.GetValueOrDefault(nameof(ObjectDisposedException)) > 0);
    }

    private async Task EndAsync(int number)
    {
        string ending;
        try
        {
            ending = await AskAsync(new Random(HashCode.Combine(seed, number)));
        }
        catch (Exception error) when (error is OperationCanceledException or DeadlineExceededException or ObjectDisposedException)
        {
            ending = error is OperationCanceledException ? "cancelled" : error.GetType().Name;
        }
        _endings.AddOrUpdate(ending, 1, (_, count) => count + 1);
    }

    private async Task<string> AskAsync(Random random)
    {
        using var cancellation = new CancellationTokenSource();
        TimeSpan? deadline = null;
        switch (random.Next(10))
        {
            case 0:
                await cancellation.CancelAsync(); // before it is sent
                break;
            case 1 or 2:
                cancellation.CancelAfter(random.Next(1, 30)); // waiting, reading its prompt or answering
                break;
            case 3:
                deadline = TimeSpan.FromMilliseconds(random.Next(1, 30));
                break;
        }
        int[] prompt = Tokens(random);
        switch (random.Next(20))
        {
            case 0:
                await foreach (ScoreBlock _ in model.ScoreAsync(new() { Tokens = Prompt.FromTokens(prompt), Form = ScoreForm.TopK, TopK = 1, BlockRows = 4, Deadline = deadline }, cancellation.Token))
                {
                    await DawdleAsync(random);
                }
                return "scored";
            case 1 when model.Card.Capabilities.HasFlag(ModelCapabilities.Embed):
                Embeddings embeddings = await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens(prompt), Prompt.FromTokens(Tokens(random))], Deadline = deadline }, cancellation.Token);
                Assert.Equal(2, embeddings.Rows.Count);
                return "embedded";
            default:
                var request = new GenerateRequest
                {
                    Prompt = Prompt.FromTokens(prompt),
                    MaxTokens = random.Next(0, 30),
                    IgnoreEndOfGeneration = true,
                    Numerics = random.Next(20) == 0 ? Numerics.Strict : Numerics.Production,
                    Deadline = deadline,
                };
                return await GenerateAsync(request, prompt.Length, random, cancellation);
        }
    }

    private async Task<string> GenerateAsync(GenerateRequest request, int promptTokens, Random random, CancellationTokenSource cancellation)
    {
        int stopAt = random.Next(8) == 0 ? random.Next(0, 10) : int.MaxValue, cancelAt = random.Next(8) == 0 ? random.Next(0, 10) : int.MaxValue;
        int read = 0;
        FinishReason? finish = null;
        await foreach (GeneratedToken token in model.GenerateAsync(request, cancellation.Token))
        {
            Assert.Equal(read, token.Index);
            finish = token.FinishReason;
            if (read++ == stopAt)
            {
                return "left";
            }
            if (read == cancelAt)
            {
                await cancellation.CancelAsync();
            }
            await DawdleAsync(random);
        }
        int expected = Math.Min(request.MaxTokens!.Value, Context - promptTokens);
        Assert.True(expected == 0 || (finish is not null && read >= expected), $"{read} of {expected} tokens, {finish}");
        return "answered";
    }

    private static async Task DawdleAsync(Random random)
    {
        if (random.Next(50) == 0)
        {
            await Task.Delay(random.Next(1, 5));
        }
    }

    // Few beginnings, so that many share them; some prompts fill the context.
    private static int[] Tokens(Random random)
    {
        int first = random.Next(6);
        int length = random.Next(30) == 0 ? random.Next(100, Context) : random.Next(1, 60);
        int shared = random.Next(length + 1);
        return [.. Enumerable.Range(0, length).Select(i => i < shared ? (i * i + first * 31) % 250 : random.Next(250))];
    }
}

/// <summary>Tests of memory: nothing else runs in the process meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInTheProcess
{
    public const string Name = "alone in the process";
}
