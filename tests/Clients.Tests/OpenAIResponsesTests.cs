using System.ClientModel;
using OpenAI.Responses;

namespace Clients.Tests;

/// <summary>OpenAI's library for .NET over /v1/responses.</summary>
public sealed class OpenAIResponsesTests(ShippedModels models) : ClientContract(models)
{
    protected override string LimitReached => "max_output_tokens";

    protected override IClient Connect(Uri server) => new Client(new ResponsesClient(new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = new Uri(server, "v1") }));

    private sealed class Client(ResponsesClient library) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens) =>
            Said(await library.CreateResponseAsync(Options(model, conversation, maxTokens)));

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            ResponseResult? answer = null;
            int pieces = 0;
            CreateResponseOptions options = Options(model, conversation, maxTokens);
            options.StreamingEnabled = true;
            await foreach (StreamingResponseUpdate update in await library.CreateResponseStreamingAsync(options, cancellationToken))
            {
                switch (update)
                {
                    case StreamingResponseOutputTextDeltaUpdate text:
                        piece(text.Delta);
                        pieces++;
                        break;
                    case StreamingResponseErrorUpdate error:
                        throw new InvalidOperationException(error.Message);
                    case StreamingResponseCompletedUpdate end:
                        answer = end.Response;
                        break;
                    case StreamingResponseIncompleteUpdate end:
                        answer = end.Response;
                        break;
                    default:
                        break;
                }
                if (leave > 0 && pieces >= leave)
                {
                    return new Said("", null, null, null);
                }
            }
            return Said(answer!);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static CreateResponseOptions Options(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            var options = new CreateResponseOptions { Model = model, MaxOutputTokenCount = maxTokens };
            foreach (Turn turn in conversation)
            {
                options.InputItems.Add(turn.Role switch
                {
                    "system" => ResponseItem.CreateSystemMessageItem(turn.Text),
                    "assistant" => ResponseItem.CreateAssistantMessageItem(turn.Text),
                    _ => ResponseItem.CreateUserMessageItem(turn.Text),
                });
            }
            return options;
        }

        private static Said Said(ResponseResult answer) => new(
            answer.GetOutputText(), answer.IncompleteStatusDetails?.Reason?.ToString() ?? answer.Status?.ToString(), answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount);
    }
}
