using Engine.Api.Anthropic;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
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
using Microsoft.Extensions.Options;

namespace Engine.Api;

/// <summary>The engine's HTTP API, for any ASP.NET Core program.</summary>
public static class EngineEndpoints
{
    /// <summary>Registers what the endpoints need, beside the engine itself. Settings come from the section <c>Serve</c>.</summary>
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
        services.AddSingleton<Errors>();
        services.AddSingleton<ModelAccess>();
        services.AddSingleton<ModelCalls>();
        services.AddSingleton<Verifications>();
        services.AddSingleton<Generations>();
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
        services.AddSingleton<OllamaGenerations>();
        services.AddSingleton<OllamaChatEndpoint>();
        services.AddSingleton<OllamaGenerateEndpoint>();
        services.AddSingleton<OllamaEmbedEndpoint>();
        services.AddSingleton<OllamaModelsEndpoint>();
        services.AddSingleton<HealthEndpoint>();
        return engine;
    }

    /// <summary>Adds the endpoints: those that clients of OpenAI's, Anthropic's and Ollama's APIs know, those about given texts, and <c>/health</c>.</summary>
    /// <param name="routes">The program, or a group of its routes.</param>
    /// <exception cref="InvalidOperationException"><see cref="AddApi"/> was not called.</exception>
    public static IEndpointConventionBuilder MapEngine(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        RouteGroupBuilder group = routes.MapGroup("");
        Dialect openAI = new(group, OpenAIDialect.Instance);
        openAI.Post<ChatEndpoint>("/v1/chat/completions", endpoint => endpoint.HandleAsync);
        openAI.Post<CompletionsEndpoint>("/v1/completions", endpoint => endpoint.HandleAsync);
        openAI.Post<ResponsesEndpoint>("/v1/responses", endpoint => endpoint.HandleAsync);
        openAI.Post<EmbeddingsEndpoint>("/v1/embeddings", endpoint => endpoint.HandleAsync);
        openAI.Post<RerankEndpoint>("/v1/rerank", endpoint => endpoint.HandleAsync);
        openAI.Post<ScoreEndpoint>("/v1/score", endpoint => endpoint.HandleAsync);
        openAI.Post<TokenizeEndpoint>("/tokenize", endpoint => endpoint.TokenizeAsync);
        openAI.Post<TokenizeEndpoint>("/detokenize", endpoint => endpoint.DetokenizeAsync);
        openAI.Get<ModelsEndpoint>("/v1/models", endpoint => endpoint.ListAsync);
        openAI.Get<ModelsEndpoint>("/v1/models/{name}", endpoint => endpoint.FindAsync);
        openAI.Get<HealthEndpoint>("/health", endpoint => endpoint.CheckAsync);
        Dialect anthropic = new(group, AnthropicDialect.Instance);
        anthropic.Post<MessagesEndpoint>("/v1/messages", endpoint => endpoint.HandleAsync);
        anthropic.Post<CountTokensEndpoint>("/v1/messages/count_tokens", endpoint => endpoint.HandleAsync);
        Dialect ollama = new(group, OllamaDialect.Instance);
        ollama.Post<OllamaChatEndpoint>("/api/chat", endpoint => endpoint.HandleAsync);
        ollama.Post<OllamaGenerateEndpoint>("/api/generate", endpoint => endpoint.HandleAsync);
        ollama.Post<OllamaEmbedEndpoint>("/api/embed", endpoint => endpoint.HandleAsync);
        ollama.Post<OllamaEmbedEndpoint>("/api/embeddings", endpoint => endpoint.HandleOldAsync);
        ollama.Get<OllamaModelsEndpoint>("/api/tags", endpoint => endpoint.ListAsync);
        ollama.Get<OllamaModelsEndpoint>("/api/ps", endpoint => endpoint.ListLoadedAsync);
        ollama.Post<OllamaModelsEndpoint>("/api/show", endpoint => endpoint.ShowAsync);
        ollama.Get<OllamaModelsEndpoint>("/api/version", endpoint => endpoint.VersionAsync);
        // A program's own first page goes before this one.
        ollama.Page<OllamaModelsEndpoint>("/", endpoint => endpoint.GreetAsync).WithOrder(1);
        return group;
    }
}
