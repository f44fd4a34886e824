using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.Anthropic;

/// <summary>A message of a conversation.</summary>
internal sealed class AnthropicMessage
{
    /// <summary>Who speaks: <c>user</c>, <c>assistant</c> or <c>system</c>.</summary>
    public string? Role { get; set; }

    /// <summary>What is said, tool calls and their results.</summary>
    public ContentBlocks? Content { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The message as chat templates see it, where each tool result is a message of its own.</summary>
    /// <param name="field">Its path in the request, such as <c>messages[0]</c>.</param>
    /// <exception cref="ApiException">The role is unknown, or a block does not belong to it.</exception>
    public IEnumerable<TemplateMessage> Read(string field)
    {
        string role = Role is "user" or "assistant" or "system" ? Role
            : throw Check.Wrong($"{field}.role", "user, assistant or system", Role is null ? "none" : $"'{Role}'");
        var text = new StringBuilder();
        var calls = new List<JsonElement>();
        var messages = new List<TemplateMessage>();
        foreach (ContentBlock block in Content?.Blocks ?? [])
        {
            switch (block.Type)
            {
                case ContentBlock.CallType when role == "assistant":
                    calls.Add(ToolTurns.Call(block.Id, block.Name!, block.Input));
                    break;
                case ContentBlock.ResultType when role == "user":
                    Say();
                    messages.Add(new TemplateMessage("tool", ToolTurns.Result(block.Text!)) { Fields = new Dictionary<string, JsonElement> { ["tool_call_id"] = ToolTurns.Field(block.Id!) } });
                    break;
                case ContentBlock.TextType:
                    text.Append(block.Text);
                    break;
                default:
                    throw Check.Wrong($"{field}.content", $"no blocks of type {block.Type} in a message of the role {role}", "one");
            }
        }
        if (calls.Count > 0)
        {
            messages.Add(new TemplateMessage(role, text.Length > 0 ? text.ToString() : null) { Fields = new Dictionary<string, JsonElement> { ["tool_calls"] = ToolTurns.Field(calls) } });
        }
        else if (text.Length > 0 || messages.Count == 0)
        {
            messages.Add(new TemplateMessage(role, text.ToString()));
        }
        return messages;

        void Say()
        {
            if (text.Length > 0)
            {
                messages.Add(new TemplateMessage(role, text.ToString()));
                text.Clear();
            }
        }
    }
}
