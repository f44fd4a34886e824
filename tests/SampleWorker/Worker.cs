using Engine;
using Microsoft.Extensions.Hosting;

namespace SampleWorker;

/// <summary>Asks the model for a few tokens as soon as it can, prints them and ends the program.</summary>
internal sealed class Worker(IModel model, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var request = new GenerateRequest { Prompt = Prompt.FromText("Once upon a time"), MaxTokens = 8, Sampling = SamplingOptions.Greedy };
        await foreach (GeneratedToken token in model.GenerateAsync(request, stoppingToken))
        {
            Console.Write(token.Text);
        }
        Console.WriteLine("\nanswered");
        lifetime.StopApplication();
    }
}
