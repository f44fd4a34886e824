using Engine;
using Engine.Registry;
using ReferenceModels;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddEngine(builder.Configuration).AddReferenceModels();
builder.Services.AddHostedService<Storyteller>();
await builder.Build().RunAsync();

sealed class Storyteller(IModel model) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromText("Once upon a time"),
        };
        await foreach (var token in model.GenerateAsync(request, stoppingToken))
        {
            Console.Write(token.Text);
        }
    }
}
