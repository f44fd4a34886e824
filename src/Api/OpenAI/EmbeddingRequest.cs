using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The body of <c>POST /v1/embeddings</c>.</summary>
internal sealed class EmbeddingRequest
{
    private static readonly string[] Known =
        [.. OpenAIJson.Api.EmbeddingRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The text or token ids to embed, or several of either.</summary>
    public PromptList? Input { get; set; }

    /// <summary><c>float</c> for numbers, <c>base64</c> for the bytes of little-endian floats.</summary>
    public string? EncodingFormat { get; set; }

    /// <summary>The number of dimensions to return: the first ones, scaled to length 1 again.</summary>
    public int? Dimensions { get; set; }

    /// <summary>The end user's id; ignored.</summary>
    public string? User { get; set; }

    /// <summary>Unknown fields; ignored, except those that look like a typo.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The inputs.</summary>
    /// <exception cref="ApiException">There are no inputs, or another field is invalid.</exception>
    public IReadOnlyList<Prompt> Inputs()
    {
        Check.Unknown(Unknown, Known);
        return Input?.Prompts ?? throw Check.Wrong("input", "a text, token ids, or several of either", "none");
    }

    /// <summary>Whether the vectors are sent as bytes.</summary>
    /// <exception cref="ApiException">Another form is requested.</exception>
    public bool AsBase64() => EncodingFormat switch
    {
        null or "float" => false,
        "base64" => true,
        _ => throw Check.Wrong("encoding_format", "'float' or 'base64'", $"'{EncodingFormat}'"),
    };
}
