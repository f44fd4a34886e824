using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary>What Ollama's clients ask the server: its models (<c>/api/tags</c>), the loaded ones (<c>/api/ps</c>), one of them (<c>/api/show</c>), its
/// version, and whether it is up.</summary>
internal sealed class OllamaModelsEndpoint(ModelAccess models, ModelCalls calls, TimeProvider time)
{
    /// <summary>The unloading time of a model that is kept.</summary>
    private static readonly DateTime Never = new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly byte[] _version = JsonSerializer.SerializeToUtf8Bytes(
        new OllamaVersion(typeof(OllamaModelsEndpoint).Assembly.GetName().Version!.ToString(3)), OllamaJson.Api.OllamaVersion);

    private readonly byte[] _greeting = "The engine is running.\n"u8.ToArray();

    public async Task ListAsync(HttpContext context)
    {
        var list = new List<OllamaModel>();
        foreach (string name in models.Names)
        {
            list.Add(Describe(name, await models.CardAsync(name, context.RequestAborted).ConfigureAwait(false)));
        }
        await WriteAsync(context, list).ConfigureAwait(false);
    }

    public async Task ListLoadedAsync(HttpContext context)
    {
        var list = new List<OllamaModel>();
        foreach (string name in models.Names)
        {
            if (await models.CardAsync(name, context.RequestAborted).ConfigureAwait(false) is { } card)
            {
                list.Add(Describe(name, card) with { ExpiresAt = UnloadingOf(name), SizeVram = card.Device == "cpu" ? 0 : card.TensorBytes, ContextLength = card.ContextLength });
            }
        }
        await WriteAsync(context, list).ConfigureAwait(false);
    }

    public async Task ShowAsync(HttpContext context)
    {
        OllamaShowRequest request = await JsonBody.ReadAsync(context, OllamaJson.Api.OllamaShowRequest).ConfigureAwait(false);
        OllamaModelFacts facts = await calls.RunAsync(
            context, OllamaDialect.ModelName(request.Model ?? request.Name), call => Task.FromResult(Describe(call.Model, FileOf(call.Name)))).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(facts, OllamaJson.Api.OllamaModelFacts)).ConfigureAwait(false);
    }

    private static OllamaModelFacts Describe(IModel model, FileInfo file)
    {
        ModelCard card = model.Card;
        ChatTemplate? template = ModelTemplates.Find(model);
        string[] capabilities =
        [
            .. card.Capabilities.HasFlag(ModelCapabilities.Generate) ? ["completion"] : Array.Empty<string>(),
            .. card.Capabilities.HasFlag(ModelCapabilities.Embed) ? ["embedding"] : Array.Empty<string>(),
            .. template?.KnowsTools == true ? ["tools"] : Array.Empty<string>(),
            .. template?.HasThoughts == true ? ["thinking"] : Array.Empty<string>(),
        ];
        return new OllamaModelFacts(card.ChatTemplates.GetValueOrDefault(ModelCard.DefaultChatTemplate, ""), Details(card), Info(card), capabilities, file.LastWriteTimeUtc);
    }

    public Task VersionAsync(HttpContext context) => Errors.WriteJsonAsync(context, _version);

    public async Task GreetAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = _greeting.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(_greeting, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static Task WriteAsync(HttpContext context, IReadOnlyList<OllamaModel> list) =>
        Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(new OllamaModelList(list), OllamaJson.Api.OllamaModelList));

    /// <summary>When a loaded model will be unloaded if it gets no request.</summary>
    private DateTime UnloadingOf(string name)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return models.TimeLeftOf(name) is { } left && left < Never - now ? now + left : Never;
    }

    private FileInfo FileOf(string name) => new(models.OptionsOf(name).Path);

    private OllamaModel Describe(string name, ModelCard? card)
    {
        FileInfo file = FileOf(name);
        long size = file.Exists ? file.Length : 0;
        string version = $"{file.FullName}|{size}|{file.LastWriteTimeUtc.Ticks}";
        return new OllamaModel(
            name, name, file.LastWriteTimeUtc, card?.TensorBytes ?? size, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version))), Details(card));
    }

    private static OllamaDetails Details(ModelCard? card) => card is null
        ? new("", "gguf", "", [], "", "")
        : new("", "gguf", card.Architecture, [card.Architecture], Count(card.Parameters), card.FileType);

    private static JsonObject Info(ModelCard card) => new()
    {
        ["general.architecture"] = card.Architecture,
        ["general.name"] = card.Name,
        ["general.parameter_count"] = card.Parameters,
        [$"{card.Architecture}.block_count"] = card.Layers,
        [$"{card.Architecture}.context_length"] = card.TrainedContextLength,
        [$"{card.Architecture}.embedding_length"] = card.EmbeddingLength,
        [$"{card.Architecture}.vocab_size"] = card.VocabularySize,
    };

    private static string Count(long weights)
    {
        (double size, string unit) = weights switch
        {
            >= 1_000_000_000 => (1e9, "B"),
            >= 1_000_000 => (1e6, "M"),
            >= 1_000 => (1e3, "K"),
            _ => (1, ""),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{weights / size:0.##}{unit}");
    }
}
