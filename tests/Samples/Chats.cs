using Engine.Registry;
using Microsoft.Extensions.AI;

namespace Samples;

/// <summary>docs/chat.md</summary>
public static class Chats
{
    public static void Add(IHostApplicationBuilder builder)
    {
        builder.Services.AddEngine(builder.Configuration);
        builder.Services.AddSingleton<Teller>();
    }
}

public sealed class Teller(IChatClient chat, [FromKeyedServices("encoder")] IEmbeddingGenerator<string, Embedding<float>> encoder)
{
    public async Task TellAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 200, StopSequences = ["The end"] };
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("One rainy day, Peter was in the garden.", options, cancellationToken))
        {
            await output.WriteAsync(update.Text);
        }
        ReadOnlyMemory<float> vector = await encoder.GenerateVectorAsync("Anna found a key.", cancellationToken: cancellationToken);
        await output.WriteLineAsync($" ({vector.Length} numbers)");
    }
}
