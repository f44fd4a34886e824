using System.Text;
using System.Text.Json;
using Engine.Chat.Tools;
using Microsoft.Extensions.AI;

namespace Engine.Chat;

/// <summary>Translates between Microsoft.Extensions.AI and the contract: messages and options become a generation request, and its tokens become contents.</summary>
internal sealed class ChatTranslation
{
    private const string Doing = "Answering a chat";

    private readonly AnswerReader _reader;

    private ChatTranslation(GenerateRequest request, AnswerReader reader) => (Request, _reader) = (request, reader);

    /// <summary>The request to the model.</summary>
    public GenerateRequest Request { get; }

    /// <summary>Translates a request.</summary>
    /// <param name="client">The client to pass to the options' factory.</param>
    /// <param name="names">The model under the name the user knows.</param>
    /// <param name="model">The loaded model.</param>
    /// <param name="messages">The conversation, oldest message first.</param>
    /// <param name="options">The options of the answer; null for none.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="UnsupportedRequestException">An option is not supported, or the model has no chat template.</exception>
    /// <exception cref="InvalidRequestException">There are no messages, or a value is invalid.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public static ChatTranslation Read(
        IChatClient client, ClientModel names, IModel model, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        options ??= new ChatOptions();
        names.CheckId(Doing, options.ModelId);
        Refuse(options);
        ChatTemplate template = ModelTemplates.Find(model) ?? throw new UnsupportedRequestException(ModelTemplates.Missing(names.Id, names.TemplateSetting) + ".");
        var chat = new TemplatedChat(template, ChatTools.Read(Doing, options));
        Prompt prompt = chat.Render(new ChatTemplateInput { Messages = Messages(messages, options.Instructions) }, cancellationToken);
        GenerateRequest request = Settings(client, prompt, options);
        return new ChatTranslation(request with { Constraint = chat.Constrain(prompt, Format(options) ?? request.Constraint) }, chat.NewReader(prompt, model.Tokenizer));
    }

    /// <summary>The contents that a token completes: text, thoughts or tool calls. May be empty.</summary>
    public List<AIContent> Read(GeneratedToken token)
    {
        var contents = new List<AIContent>();
        foreach (AnswerPiece piece in _reader.Read(token))
        {
            contents.Add(piece switch
            {
                { Call: { } call } => new FunctionCallContent(call.Id, call.Name, ChatTools.Arguments(call)),
                { Kind: AnswerPieceKind.Thought } => new TextReasoningContent(piece.Text),
                _ => new TextContent(piece.Text),
            });
        }
        return contents;
    }

    /// <summary>The reason why an answer ended.</summary>
    /// <param name="last">Its last token.</param>
    public ChatFinishReason FinishReasonOf(GeneratedToken last) => last.FinishReason is FinishReason.MaxTokens or FinishReason.ContextFull ? ChatFinishReason.Length
        : _reader.EndsInCalls(last) ? ChatFinishReason.ToolCalls
        : ChatFinishReason.Stop;

    // Unsupported options that would change the answer are refused, not ignored.
    private static void Refuse(ChatOptions options)
    {
        if (options.ConversationId is { } conversation)
        {
            throw new UnsupportedRequestException(
                $"{Doing}: the options continue the conversation '{conversation}' (ConversationId), and no history is kept here. Send the whole conversation, and leave ConversationId out.");
        }
        if (options.ContinuationToken is not null)
        {
            throw new UnsupportedRequestException($"{Doing}: the options continue an earlier answer (ContinuationToken), and none are kept here. Leave ContinuationToken out.");
        }
    }

    private static Constraint? Format(ChatOptions options) => options.ResponseFormat switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson { Schema: { } schema } => new JsonSchemaConstraint(schema) { LocalTimes = true }, // .NET's own schemas
        ChatResponseFormatJson => Constraint.JsonObject,
        { } other => throw new UnsupportedRequestException(
            $"{Doing}: the options ask for an answer in {other.GetType().Name} (ResponseFormat), which is not known here. Ask for text or JSON."),
    };

    private static GenerateRequest Settings(IChatClient client, Prompt prompt, ChatOptions options)
    {
        object? raw = options.RawRepresentationFactory?.Invoke(client);
        GenerateRequest asked = raw as GenerateRequest ?? (raw is null ? new GenerateRequest { Prompt = prompt } : throw new InvalidRequestException(
            $"{Doing}: expected a {nameof(GenerateRequest)} from the options' RawRepresentationFactory, found a {raw.GetType().Name}. Correct the factory."));
        return asked with
        {
            Prompt = prompt,
            MaxTokens = options.MaxOutputTokens ?? asked.MaxTokens,
            Stop = options.StopSequences is { Count: > 0 } stops ? [.. asked.Stop, .. stops] : asked.Stop,
            Sampling = new SamplingOptions
            {
                Temperature = options.Temperature,
                TopP = options.TopP,
                TopK = options.TopK,
                FrequencyPenalty = options.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty,
                // -1 draws a seed, as over HTTP.
                Seed = options.Seed is null or -1 ? null : unchecked((ulong)options.Seed.Value),
            }.WithDefaults(asked.Sampling),
        };
    }

    private static List<TemplateMessage> Messages(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var list = new List<TemplateMessage>();
        if (!string.IsNullOrEmpty(instructions))
        {
            list.Add(new TemplateMessage(ChatRole.System.Value, instructions));
        }
        // The names of the called tools by call id, because results do not contain them.
        var tools = new Dictionary<string, string>(StringComparer.Ordinal);
        int index = 0;
        foreach (ChatMessage? message in messages)
        {
            Add(message ?? throw new InvalidRequestException($"{Doing}: expected a message, number {index} is null. Leave it out."), index++, tools, list);
        }
        return list.Count > 0 ? list : throw new InvalidRequestException($"{Doing}: expected at least one message, found none. Send what the user says.");
    }

    /// <summary>Adds a message in the form templates expect, in which each tool result is a separate message.</summary>
    private static void Add(ChatMessage message, int index, Dictionary<string, string> tools, List<TemplateMessage> list)
    {
        var text = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new List<JsonElement>();
        var results = new List<TemplateMessage>();
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case TextReasoningContent part:
                    reasoning.Append(part.Text);
                    break;
                case FunctionCallContent call:
                    tools[call.CallId] = call.Name;
                    calls.Add(ToolTurns.Call(call.CallId, call.Name, call.Arguments is null ? null : Json(call.Arguments, index)));
                    break;
                case FunctionResultContent result:
                    results.Add(Result(result, tools.GetValueOrDefault(result.CallId), index));
                    break;
                case UsageContent or ErrorContent:
                    break; // the thoughts of earlier answers are not sent back
                default:
                    throw new UnsupportedRequestException(
                        $"{Doing}: expected texts, calls of tools and their results, message {index} has a {content.GetType().Name}, which a model cannot be given here. Leave it out.");
            }
        }
        if (results.Count == 0 || text.Length > 0 || calls.Count > 0)
        {
            // Chat templates know only the older word, "system".
            string role = message.Role.Value == "developer" ? ChatRole.System.Value : message.Role.Value;
            list.Add(new TemplateMessage(role, text.Length == 0 && calls.Count > 0 ? null : text.ToString()) { Fields = Fields(message.AuthorName, reasoning, calls) });
        }
        list.AddRange(results);
    }

    private static Dictionary<string, JsonElement> Fields(string? author, StringBuilder reasoning, List<JsonElement> calls)
    {
        var fields = new Dictionary<string, JsonElement>();
        if (author is not null)
        {
            fields["name"] = ToolTurns.Field(author);
        }
        if (reasoning.Length > 0)
        {
            fields["reasoning_content"] = ToolTurns.Field(reasoning.ToString());
        }
        if (calls.Count > 0)
        {
            fields["tool_calls"] = ToolTurns.Field(calls);
        }
        return fields;
    }

    private static TemplateMessage Result(FunctionResultContent content, string? tool, int index)
    {
        string text = content.Result switch
        {
            string said => ToolTurns.Result(said),
            null => content.Exception is { } e ? $"Error: {e.Message}" : "",
            TextContent said => said.Text,
            { } value => ToolTurns.Result(value is JsonElement json ? json : Json(value, index)),
        };
        var fields = new Dictionary<string, JsonElement> { ["tool_call_id"] = ToolTurns.Field(content.CallId) };
        if (tool is not null)
        {
            fields["name"] = ToolTurns.Field(tool);
        }
        return new TemplateMessage(ChatRole.Tool.Value, text) { Fields = fields };
    }

    private static JsonElement Json(object value, int index)
    {
        try
        {
            return JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)));
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or ArgumentException)
        {
            throw new InvalidRequestException($"{Doing}: expected in message {index} arguments and results that can be written as JSON, found a {value.GetType().Name}. Give texts, numbers or JSON.");
        }
    }
}
