using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Api.Requests;

namespace Engine.Api.Ollama;

/// <summary>The body of <c>POST /api/embed</c>.</summary>
internal sealed class OllamaEmbedRequest
{
    private static readonly string[] Known =
        [.. OllamaJson.Api.OllamaEmbedRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The model's name, with or without <c>:latest</c>; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The text or texts to embed. Without any, the model is only loaded.</summary>
    public TextList? Input { get; set; }

    /// <summary>Whether a text longer than the context is truncated (the default) or refused.</summary>
    public bool? Truncate { get; set; }

    /// <summary>The number of dimensions to return: the first ones, scaled to length 1 again. 0 for all.</summary>
    public int? Dimensions { get; set; }

    /// <summary>How long the model stays loaded; ignored: it stays loaded.</summary>
    public JsonElement? KeepAlive { get; set; }

    /// <summary>How the model is loaded; ignored: the configuration decides.</summary>
    public Dictionary<string, JsonElement>? Options { get; set; }

    /// <summary>Unknown fields; ignored, except those that look like a typo.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The texts.</summary>
    /// <exception cref="ApiException">There are too many texts, or a field looks like a typo.</exception>
    public IReadOnlyList<string> Texts()
    {
        Check.Unknown(Unknown, Known);
        return Input?.Texts switch
        {
            null or [""] => [],
            { Count: > Vectors.MaxInputs } many => throw Check.Wrong("input", $"at most {Vectors.MaxInputs} texts", $"{many.Count}"),
            var texts => texts,
        };
    }

    /// <summary>The prompt of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="model">The model that embeds it.</param>
    public Prompt ToPrompt(string text, IModel model)
    {
        var prompt = Prompt.FromText(text);
        if (Truncate == false)
        {
            return prompt; // the model refuses what does not fit
        }
        IReadOnlyList<int> all = prompt.ToTokens(model.Tokenizer);
        int most = model.Card.ContextLength;
        return Prompt.FromTokens(all.Count <= most ? all : Cut(all, model.Tokenizer.Encode(text, addSpecial: false), most));
    }

    // Keeps the special tokens around the text.
    private static int[] Cut(IReadOnlyList<int> all, IReadOnlyList<int> text, int most)
    {
        int special = all.Count - text.Count;
        int before = special > 0 && all[0] != text[0] ? 1 : 0;
        return special >= most ? [.. all.Take(most)] : [.. all.Take(before), .. text.Take(most - special), .. all.Skip(before + text.Count)];
    }
}

/// <summary>The body of <c>POST /api/embeddings</c>, the older form.</summary>
internal sealed class OllamaEmbeddingRequest
{
    /// <summary>The model's name, with or without <c>:latest</c>; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The text. Without one, the model is only loaded.</summary>
    public string? Prompt { get; set; }

    /// <summary>How long the model stays loaded; ignored: it stays loaded.</summary>
    public JsonElement? KeepAlive { get; set; }

    /// <summary>How the model is loaded; ignored: the configuration decides.</summary>
    public Dictionary<string, JsonElement>? Options { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <param name="Model">The model.</param>
/// <param name="Embeddings">A vector of length 1 for each text, in order.</param>
/// <param name="TotalDuration">Nanoseconds that the request took.</param>
/// <param name="LoadDuration">Nanoseconds until the model was loaded.</param>
/// <param name="PromptEvalCount">Tokens of all texts.</param>
internal sealed record OllamaEmbeddings(string Model, IReadOnlyList<float[]> Embeddings, long TotalDuration, long LoadDuration, int PromptEvalCount);

/// <param name="Embedding">The vector, of length 1; empty if there was no text.</param>
internal sealed record OllamaEmbedding(float[] Embedding);
