using Engine;

namespace EngineWorker;

/// <summary>Has the model tell a story, and ends the program.</summary>
internal sealed class Storyteller(IModel model, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        const string Beginning = "Once upon a time";
        Console.Write(Beginning);
        var request = new GenerateRequest { Prompt = Prompt.FromText(Beginning), MaxTokens = 100 };
        await foreach (GeneratedToken token in model.GenerateAsync(request, stoppingToken))
        {
            Console.Write(token.Text);
        }
        Console.WriteLine();
        lifetime.StopApplication();
    }
}
