using System.Text;
using Engine.BuiltIn;
using Engine.Chat;
using Engine.Registry;
using Engine.Tests.LlamaCpp;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Chat;

/// <summary>The service of docs/chat.md: two models that come with the engine, taken by their names.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class InProcessServiceTests
{
    [Fact]
    public async Task A_service_can_inject_the_default_model_and_another_by_its_name()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Engine:Models:default:Path", "builtin:llama-stories"), new("Engine:Models:encoder:Path", "builtin:bert-facts")]);
        builder.Services.AddEngine(builder.Configuration);
        builder.Services.AddSingleton<Teller>();
        using IHost host = builder.Build();
        await host.StartAsync();

        (string told, int dimensions) = await host.Services.GetRequiredService<Teller>().TellAsync(CancellationToken.None);

        IModel model = host.Services.GetRequiredService<IModel>(), encoder = host.Services.GetRequiredKeyedService<IModel>("encoder");
        Prompt prompt = ChatTemplate.FromModel(model)!.Render(new ChatTemplateInput { Messages = [new("user", Teller.Opening)] }).ToPrompt();
        var own = new StringBuilder();
        await foreach (GeneratedToken token in model.GenerateAsync(new() { Prompt = prompt, Sampling = new() { Temperature = 0 }, MaxTokens = 200 }))
        {
            own.Append(token.Text);
        }
        Assert.Equal((own.ToString(), encoder.Card.EmbeddingLength), (told, dimensions));
        Assert.Equal(DefaultModel.Find(), model.Card.Path);
        await host.StopAsync();
    }

    private sealed class Teller(IChatClient chat, [FromKeyedServices("encoder")] IEmbeddingGenerator<string, Embedding<float>> encoder)
    {
        public const string Opening = "One rainy day, Peter was in the garden.";

        public async Task<(string Told, int Dimensions)> TellAsync(CancellationToken cancellationToken)
        {
            var told = new StringBuilder();
            var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 200, StopSequences = ["The end"] };
            await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(Opening, options, cancellationToken))
            {
                told.Append(update.Text);
            }
            ReadOnlyMemory<float> vector = await encoder.GenerateVectorAsync("Anna found a key.", cancellationToken: cancellationToken);
            return (told.ToString(), vector.Length);
        }
    }
}
