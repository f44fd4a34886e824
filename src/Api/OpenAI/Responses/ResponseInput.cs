using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.OpenAI.Responses;

/// <summary>A conversation: a text by the user, or items.</summary>
/// <param name="Items">Oldest first.</param>
[JsonConverter(typeof(Converter))]
[Items(typeof(ResponseItem))]
[JsonSchemaText("""{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}""")]
internal sealed record ResponseInput(List<ResponseItem?> Items)
{
    /// <summary>The conversation as chat templates see it: a text and the calls that follow it are one message.</summary>
    /// <param name="recent">Answers that items may refer to.</param>
    /// <exception cref="ApiException">An item is not supported.</exception>
    public List<TemplateMessage> Messages(RecentAnswers recent)
    {
        var messages = new List<TemplateMessage>();
        var calls = new List<JsonElement>();
        for (int i = 0; i < Items.Count; i++)
        {
            string field = $"input[{i}]";
            ResponseItem item = Items[i] ?? throw Check.Wrong(field, "an object", "null");
            if (item.Type == ResponseItem.CallType)
            {
                calls.Add(item.ReadCall(field));
            }
            else if (item.Read(field, recent) is { } message)
            {
                AddCalls();
                messages.Add(message);
            }
        }
        AddCalls();
        return messages;

        void AddCalls()
        {
            if (calls.Count == 0)
            {
                return;
            }
            var fields = new Dictionary<string, JsonElement> { ["tool_calls"] = ToolTurns.Field(calls) };
            if (messages is [.., { Role: "assistant", Fields.Count: 0 } said])
            {
                messages[^1] = said with { Fields = fields };
            }
            else
            {
                messages.Add(new TemplateMessage("assistant", null) { Fields = fields });
            }
            calls.Clear();
        }
    }

    internal sealed class Converter : JsonConverter<ResponseInput>
    {
        public override ResponseInput Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new ResponseInput([new ResponseItem { Role = "user", Content = new MessageContent(reader.GetString()) }]),
            JsonTokenType.StartArray => new ResponseInput(NestedJson.Read(ref reader, ResponsesJson.Api.ListResponseItem, "input")),
            _ => throw new JsonException("expected a text or an array of items"),
        };

        public override void Write(Utf8JsonWriter writer, ResponseInput value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
