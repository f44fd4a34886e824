using Engine.BuiltIn;
using Engine.Registry;

namespace Engine.Host.Tests.Isolation;

/// <summary>Processes that die and hang again and again while requests come.</summary>
public sealed class IsolationLoadTests
{
    [LinuxTheory]
    [InlineData("reference", 9, 3)]
    [InlineData("llama.cpp", 9, 2)]
    [InlineData("reference", 19, 1)]
    public async Task Requests_get_their_whole_answer_or_one_clear_error(string backend, int signal, int times)
    {
        var models = new IsolatedModels();
        await using IModel isolated = await models.LoadAsync(
            new() { Path = BundledModels.Find("builtin:llama-stories-f32")!, Backend = backend, Device = "cpu", Slots = 4 },
            IsolatedModels.Quickly with { Hang = TimeSpan.FromSeconds(signal == 19 ? 4 : 30) });
        GenerateRequest request = new() { Prompt = Prompt.FromText("Once upon a time"), MaxTokens = 60, Sampling = new SamplingOptions { Temperature = 0 }, Numerics = Numerics.Production };
        List<int> expected = await TokensAsync(request);
        using var end = new CancellationTokenSource();
        int[] answered = new int[4], broken = new int[4];
        Task[] clients = [.. Enumerable.Range(0, answered.Length).Select(client => Task.Run(() => AskAsync(client)))];
        for (int i = 0; i < times; i++)
        {
            // Each process answers every client: a request is attempted twice at most.
            await UntilAnsweredAsync();
            int living = models.Processes().Count;
            IsolatedModels.Send(models.Process, signal);
            await UntilAsync(() => models.Processes().Count > living && ((ISupervisedModel)isolated).State == ModelState.Ready);
        }
        await UntilAnsweredAsync();
        await end.CancelAsync();
        await Task.WhenAll(clients);
        // Only requests whose answer had begun when a process died may fail: at most one of each client.
        Assert.All(broken, count => Assert.InRange(count, 0, times));
        Assert.Equal(times + 1, models.Processes().Count);
        Assert.Equal(expected, await TokensAsync(request));

        async Task AskAsync(int client)
        {
            while (!end.IsCancellationRequested)
            {
                List<int> tokens = [];
                try
                {
                    await foreach (GeneratedToken token in isolated.GenerateAsync(request))
                    {
                        tokens.Add(token.Token);
                    }
                    Assert.Equal(expected.Count, tokens.Count);
                    Interlocked.Increment(ref answered[client]);
                }
                catch (ModelUnavailableException e) when (tokens.Count > 0)
                {
                    Assert.Contains("when a part of the answer was there already", e.Message, StringComparison.Ordinal);
                    broken[client]++;
                }
            }
        }

        Task UntilAnsweredAsync()
        {
            int[] before = [.. answered];
            return UntilAsync(() => answered.Zip(before).All(pair => pair.First > pair.Second + 1));
        }

        async Task UntilAsync(Func<bool> holds)
        {
            while (!holds())
            {
                foreach (Task ended in clients.Where(client => client.IsFaulted))
                {
                    await ended; // shows why
                }
                await Task.Delay(20);
            }
        }

        async Task<List<int>> TokensAsync(GenerateRequest request)
        {
            List<int> tokens = [];
            await foreach (GeneratedToken token in isolated.GenerateAsync(request))
            {
                tokens.Add(token.Token);
            }
            return tokens;
        }
    }
}
