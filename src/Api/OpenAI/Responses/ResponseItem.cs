using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;
using Engine.Chat;

namespace Engine.Api.OpenAI.Responses;

/// <summary>An item of a conversation.</summary>
internal sealed class ResponseItem
{
    /// <summary><c>message</c>, which may be left out, or <c>item_reference</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Of a message: who speaks.</summary>
    public string? Role { get; set; }

    /// <summary>Of a message: what is said.</summary>
    public MessageContent? Content { get; set; }

    /// <summary>Of a reference: the answer it stands for. Of a message: passed over.</summary>
    public string? Id { get; set; }

    /// <summary>Fields that are not known; passed over.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The message as chat templates see it; null for an item that says nothing to them.</summary>
    /// <param name="field">Where it stands in the request, such as <c>input[0]</c>.</param>
    /// <param name="recent">Answers that a reference may stand for.</param>
    /// <exception cref="ApiException">The item is not supported.</exception>
    public TemplateMessage? Read(string field, RecentAnswers recent) => Type switch
    {
        null or "message" => new ChatMessage { Role = Role, Content = Content }.Read(field),
        "item_reference" => new TemplateMessage("assistant", recent.Find(Id ?? "") ?? throw Check.Wrong(
            field, "a reference to one of the last answers", $"'{Id}', which is not kept here (any more): send the message itself")),
        "reasoning" => null,
        _ => throw Check.Wrong($"{field}.type", "'message' or 'item_reference'", $"'{Type}'"),
    };
}
