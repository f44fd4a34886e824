using System.Diagnostics;
using System.Globalization;
using Engine.Registry;
using Engine.Shadow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary>How much requests notice of the checks of their answers: without and with them, in turns, in one process.</summary>
internal static class ShadowLatency
{
    private const int Requests = 20;
    private const int PromptTokens = 32;
    private const int AnswerTokens = 32;

    public static async Task RunAsync(string model, double rate, int rounds)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Engine:Models:default:Path"] = model,
            ["Engine:Models:default:ContextLength"] = "256",
            ["Engine:Models:default:Device"] = "cpu",
        });
        var count = new Count();
        builder.Services.AddSingleton<IShadowSink>(count);
        builder.Services.AddEngine(builder.Configuration).AddReferenceModels();
        using IHost host = builder.Build();
        await host.StartAsync();
        var configuration = (IConfigurationRoot)builder.Configuration;
        IModel asked = await host.Services.GetRequiredService<IModelRegistry>().GetAsync();
        await BlockAsync(asked, 0);
        await SetAsync(1);
        await BlockAsync(asked, 0, 1); // loads the oracle
        while (count.Records == 0)
        {
            await Task.Delay(100);
        }
        (List<double> Off, List<double> On) times = ([], []);
        for (int round = 0; round < rounds; round++)
        {
            bool[] order = round % 2 == 0 ? [false, true] : [true, false];
            foreach (bool on in order)
            {
                await SetAsync(on ? rate : 0);
                (on ? times.On : times.Off).AddRange(await BlockAsync(asked, round + 1));
                await SetAsync(0);
                await Task.Delay(1000); // checks still under way must not reach into the next block
            }
        }
        Print("off", times.Off);
        Print("on", times.On);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"p95 on / off {Percentile(times.On, 0.95) / Percentile(times.Off, 0.95):F3}, median {Percentile(times.On, 0.5) / Percentile(times.Off, 0.5):F3}; checked {count.Records}"));
        await host.StopAsync();

        async Task SetAsync(double value)
        {
            configuration["Engine:Shadow:Rate"] = value.ToString(CultureInfo.InvariantCulture);
            configuration.Reload();
            await Task.Delay(50);
        }
    }

    private static async Task<List<double>> BlockAsync(IModel model, int round, int requests = Requests)
    {
        var times = new List<double>();
        for (int i = 0; i < requests; i++)
        {
            var random = new Random((round * Requests) + i);
            var request = new GenerateRequest
            {
                Prompt = Prompt.FromTokens([1, .. Enumerable.Range(1, PromptTokens - 1).Select(_ => random.Next(3, 250))]),
                MaxTokens = AnswerTokens,
                IgnoreEndOfGeneration = true,
            };
            long start = Stopwatch.GetTimestamp();
            await foreach (GeneratedToken token in model.GenerateAsync(request))
            {
            }
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return times;
    }

    private static void Print(string name, List<double> times) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name,4}: {times.Count} requests, median {Percentile(times, 0.5):F1} ms, p95 {Percentile(times, 0.95):F1} ms, mean {times.Average():F1} ms"));

    private static double Percentile(List<double> times, double part) => times.Order().ElementAt((int)(part * (times.Count - 1)));

    private sealed class Count : IShadowSink
    {
        private int _records;

        public int Records => Volatile.Read(ref _records);

        public ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _records);
            return ValueTask.CompletedTask;
        }
    }
}
