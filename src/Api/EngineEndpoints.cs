using Engine.Api.Access;
using Engine.Api.Anthropic;
using Engine.Api.Answers;
using Engine.Api.Documents;
using Engine.Api.Endpoints;
using Engine.Api.Health;
using Engine.Api.Ollama;
using Engine.Api.OpenAI;
using Engine.Api.OpenAI.Responses;
using Engine.Api.Service;
using Engine.Api.Texts;
using Engine.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Engine.Api;

/// <summary>The engine's HTTP API, for any ASP.NET Core program.</summary>
public static class EngineEndpoints
{
    /// <summary>Registers what the endpoints need in addition to the engine. Settings come from the section <c>Serve</c>.</summary>
    /// <param name="engine">What <see cref="EngineServices.AddEngine"/> returned.</param>
    /// <param name="configuration">The configuration that holds the section <c>Serve</c>.</param>
    public static EngineBuilder AddApi(this EngineBuilder engine, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(configuration);
        IServiceCollection services = engine.Services;
        services.AddRouting();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new ServeConfiguration(configuration));
        services.AddSingleton<IConfigureOptions<ServeOptions>>(provider => provider.GetRequiredService<ServeConfiguration>());
        services.AddSingleton<IValidateOptions<ServeOptions>>(provider => provider.GetRequiredService<ServeConfiguration>());
        services.AddOptions<ServeOptions>().ValidateOnStart();
        services.AddSingleton<RunningRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<RunningRequests>());
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<Gate>();
        services.AddSingleton<Errors>();
        services.AddSingleton<ModelAccess>();
        services.AddSingleton<ModelCalls>();
        services.AddSingleton<Verifications>();
        services.AddSingleton<GenerationCalls>();
        services.AddSingleton<Vectors>();
        services.AddSingleton<ChatEndpoint>();
        services.AddSingleton<CompletionsEndpoint>();
        services.AddSingleton<RecentAnswers>();
        services.AddSingleton<ResponsesEndpoint>();
        services.AddSingleton<EmbeddingsEndpoint>();
        services.AddSingleton<RerankEndpoint>();
        services.AddSingleton<ScoreEndpoint>();
        services.AddSingleton<TokenizeEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<MessagesEndpoint>();
        services.AddSingleton<CountTokensEndpoint>();
        services.AddSingleton<OllamaGenerationCalls>();
        services.AddSingleton<OllamaChatEndpoint>();
        services.AddSingleton<OllamaGenerateEndpoint>();
        services.AddSingleton<OllamaEmbedEndpoint>();
        services.AddSingleton<OllamaModelsEndpoint>();
        services.AddHealthChecks();
        services.AddSingleton<IConfigureOptions<HealthCheckServiceOptions>, ModelHealthChecks>();
        services.AddSingleton<HealthEndpoint>();
        ApiDocument.Add(services);
        return engine;
    }

    /// <summary>Adds the endpoints: OpenAI's, Anthropic's and Ollama's APIs, scoring and tokenizing, <c>/health</c> with <c>/health/live</c> and <c>/health/ready</c>, and their documentation: <c>/openapi/engine.json</c> and the page <c>/scalar</c>.</summary>
    /// <param name="routes">The program, or a group of its routes.</param>
    /// <exception cref="InvalidOperationException"><see cref="AddApi"/> was not called.</exception>
    public static IEndpointConventionBuilder MapEngine(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (!routes.ServiceProvider.GetRequiredService<IServiceProviderIsService>().IsService(typeof(Gate)))
        {
            throw new InvalidOperationException(
                $"Mapping the engine's endpoints: expected their services, found none. Add the call {nameof(AddApi)}(builder.Configuration) after AddEngine(builder.Configuration).");
        }
        RouteGroupBuilder group = routes.MapGroup("");
        MapOpenAI(new Dialect(group, OpenAIDialect.Instance));
        MapAnthropic(new Dialect(group, AnthropicDialect.Instance));
        MapOllama(new Dialect(group, OllamaDialect.Instance));
        ApiDocument.Map(group);
        return group;
    }

    private static void MapOpenAI(Dialect openAI)
    {
        const string tag = "OpenAI", texts = "About texts";
        openAI.Post<ChatEndpoint>("/v1/chat/completions", endpoint => endpoint.HandleAsync, new Operation(
            "chatCompletion", tag, "Answers a conversation.", OpenAIJson.Api.ChatCompletion, OpenAIJson.Api.ChatRequest,
            """{"model": "default", "messages": [{"role": "user", "content": "Once upon a time"}], "max_tokens": 32}""")
        { Stream = EventFormats.ServerSentEvents, Examples = Examples.Chat });
        openAI.Post<CompletionsEndpoint>("/v1/completions", endpoint => endpoint.HandleAsync, new Operation(
            "completion", tag, "Continues a text.", OpenAIJson.Api.Completion, OpenAIJson.Api.CompletionRequest,
            """{"model": "default", "prompt": "Once upon a time", "max_tokens": 32}""")
        { Stream = EventFormats.ServerSentEvents, Examples = Examples.Completion });
        openAI.Post<ResponsesEndpoint>("/v1/responses", endpoint => endpoint.HandleAsync, new Operation(
            "response", tag, "Answers a conversation, in the newer form.", ResponsesJson.Api.Response, ResponsesJson.Api.ResponseRequest,
            """{"model": "default", "input": "Once upon a time", "max_output_tokens": 32}""")
        { Stream = EventFormats.ServerSentEvents, Examples = Examples.Response });
        openAI.Post<EmbeddingsEndpoint>("/v1/embeddings", endpoint => endpoint.HandleAsync, new Operation(
            "embeddings", tag, "Turns texts into vectors of length 1.", OpenAIJson.Api.EmbeddingList, OpenAIJson.Api.EmbeddingRequest, """{"input": ["a text", "another one"]}"""));
        openAI.Get<ModelsEndpoint>("/v1/models", endpoint => endpoint.ListAsync, new Operation("models", tag, "Lists the configured models.", OpenAIJson.Api.ModelList));
        openAI.Get<ModelsEndpoint>("/v1/models/{name}", endpoint => endpoint.FindAsync, new Operation("model", tag, "Describes a configured model.", OpenAIJson.Api.ListedModel));
        openAI.Post<RerankEndpoint>("/v1/rerank", endpoint => endpoint.HandleAsync, new Operation(
            "rerank", texts, "Orders documents by how well they answer a query.", TextsJson.Api.Ranking, TextsJson.Api.RerankRequest,
            """{"query": "what a cat drinks", "documents": ["Cats drink water.", "A story of a boat."]}"""));
        openAI.Post<ScoreEndpoint>("/v1/score", endpoint => endpoint.HandleAsync, new Operation(
            "score", texts, "Says how probable given texts are, token by token.", TextsJson.Api.Scoring, TextsJson.Api.ScoringRequest, """{"input": "Once upon a time"}"""));
        openAI.Post<TokenizeEndpoint>("/tokenize", endpoint => endpoint.TokenizeAsync, new Operation(
            "tokenize", texts, "Splits a text into tokens.", TextsJson.Api.TokenizedText, TextsJson.Api.TokenizeRequest, """{"content": "Once upon a time"}"""));
        openAI.Post<TokenizeEndpoint>("/detokenize", endpoint => endpoint.DetokenizeAsync, new Operation(
            "detokenize", texts, "Joins tokens to a text.", TextsJson.Api.DetokenizedText, TextsJson.Api.DetokenizeRequest, """{"tokens": [1, 2, 3]}"""));
        MapHealth(openAI);
    }

    // A program's own probes take precedence.
    private static void MapHealth(Dialect openAI)
    {
        const string service = "Service";
        openAI.GetOpen<HealthEndpoint>("/health", endpoint => endpoint.CheckAsync, new Operation(
            "health", service, "Says whether all models take requests.", HealthJson.Api.ServerHealth)).WithOrder(1);
        openAI.GetOpen<HealthEndpoint>("/health/live", endpoint => endpoint.CheckLiveAsync, new Operation(
            "live", service, "Says whether the process lives.", HealthJson.Api.ServerHealth)).WithOrder(1);
        openAI.GetOpen<HealthEndpoint>("/health/ready", endpoint => endpoint.CheckReadyAsync, new Operation(
            "ready", service, "Says whether any model takes requests.", HealthJson.Api.ServerHealth)).WithOrder(1);
        openAI.GetOpen<HealthEndpoint>("/health/ready/{name}", endpoint => endpoint.CheckModelAsync, new Operation(
            "modelReady", service, "Says whether a model takes requests.", HealthJson.Api.ServerHealth)).WithOrder(1);
    }

    private static void MapAnthropic(Dialect anthropic)
    {
        const string tag = "Anthropic", example = """{"model": "default", "max_tokens": 32, "messages": [{"role": "user", "content": "Once upon a time"}]}""";
        anthropic.Post<MessagesEndpoint>("/v1/messages", endpoint => endpoint.HandleAsync, new Operation(
            "message", tag, "Answers a conversation.", AnthropicJson.Api.AnthropicAnswer, AnthropicJson.Api.MessagesRequest, example)
        { Stream = EventFormats.ServerSentEvents, Examples = Examples.Message });
        anthropic.Post<CountTokensEndpoint>("/v1/messages/count_tokens", endpoint => endpoint.HandleAsync, new Operation(
            "countTokens", tag, "Counts the tokens of a conversation.", AnthropicJson.Api.TokenCount, AnthropicJson.Api.CountTokensRequest, example));
    }

    private static void MapOllama(Dialect ollama)
    {
        const string tag = "Ollama";
        ollama.Post<OllamaChatEndpoint>("/api/chat", endpoint => endpoint.HandleAsync, new Operation(
            "ollamaChat", tag, "Answers a conversation.", OllamaJson.Api.OllamaChatAnswer, OllamaJson.Api.OllamaChatRequest,
            """{"model": "default", "messages": [{"role": "user", "content": "Once upon a time"}], "stream": false}""")
        { Stream = EventFormats.JsonLines, Examples = Examples.OllamaChat });
        ollama.Post<OllamaGenerateEndpoint>("/api/generate", endpoint => endpoint.HandleAsync, new Operation(
            "ollamaGenerate", tag, "Continues a prompt.", OllamaJson.Api.OllamaGenerateAnswer, OllamaJson.Api.OllamaGenerateRequest,
            """{"model": "default", "prompt": "Once upon a time", "stream": false}""")
        { Stream = EventFormats.JsonLines, Examples = Examples.OllamaGenerate });
        ollama.Post<OllamaEmbedEndpoint>("/api/embed", endpoint => endpoint.HandleAsync, new Operation(
            "ollamaEmbed", tag, "Turns texts into vectors of length 1.", OllamaJson.Api.OllamaEmbeddings, OllamaJson.Api.OllamaEmbedRequest, """{"model": "default", "input": ["a text"]}"""));
        ollama.Post<OllamaEmbedEndpoint>("/api/embeddings", endpoint => endpoint.HandleOldAsync, new Operation(
            "ollamaEmbeddings", tag, "Turns a text into a vector, in the older form.", OllamaJson.Api.OllamaEmbedding, OllamaJson.Api.OllamaEmbeddingRequest, """{"model": "default", "prompt": "a text"}"""));
        ollama.Get<OllamaModelsEndpoint>("/api/tags", endpoint => endpoint.ListAsync, new Operation("ollamaTags", tag, "Lists the configured models.", OllamaJson.Api.OllamaModelList));
        ollama.Get<OllamaModelsEndpoint>("/api/ps", endpoint => endpoint.ListLoadedAsync, new Operation("ollamaPs", tag, "Lists the loaded models.", OllamaJson.Api.OllamaModelList));
        ollama.Post<OllamaModelsEndpoint>("/api/show", endpoint => endpoint.ShowAsync, new Operation(
            "ollamaShow", tag, "Describes a model.", OllamaJson.Api.OllamaModelFacts, OllamaJson.Api.OllamaShowRequest, """{"model": "default"}"""));
        ollama.Get<OllamaModelsEndpoint>("/api/version", endpoint => endpoint.VersionAsync, new Operation("ollamaVersion", tag, "Says the version.", OllamaJson.Api.OllamaVersion));
        // A program's own front page takes precedence.
        ollama.Page<OllamaModelsEndpoint>("/", endpoint => endpoint.GreetAsync).WithOrder(1);
    }
}
