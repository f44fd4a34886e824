using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Engine.Api;
using Engine.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Scalar.AspNetCore;

namespace Engine.Host.Tests.Api;

/// <summary>The endpoints in a program that has its own, and its own document, page, probe and errors.</summary>
public sealed class OtherProgramTests
{
    private const string Mine = "mine";

    [Theory]
    [InlineData("")]
    [InlineData("/ai")]
    public async Task The_engine_and_the_program_answer_side_by_side(string prefix)
    {
        await using WebApplication app = await StartAsync(prefix);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using HttpResponseMessage answer = await client.PostAsJsonAsync($"{prefix}/v1/completions", new { prompt = "a", max_tokens = 2 });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync($"{prefix}/v1/completions", new { prompt = 5 })).StatusCode);
        foreach (string path in new[] { "/", "/health", "/mine" })
        {
            Assert.Equal(Mine, await client.GetStringAsync(path));
        }
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/scalar/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{prefix}/scalar/")).StatusCode);
        using HttpResponseMessage unknown = await client.GetAsync("/nope");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Empty(await unknown.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/ai")]
    public async Task Each_has_its_endpoints_in_its_own_document(string prefix)
    {
        await using WebApplication app = await StartAsync(prefix);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Assert.Equal(["/", "/health", "/mine"], await PathsAsync("/openapi/v1.json"));
        string[] engine = await PathsAsync($"{prefix}/openapi/engine.json");
        Assert.Contains($"{prefix}/v1/chat/completions", engine);
        Assert.DoesNotContain("/mine", engine);

        async Task<string[]> PathsAsync(string document) =>
            [.. JsonNode.Parse(await client.GetStringAsync(document))!["paths"]!.AsObject().Select(path => path.Key).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task Endpoints_without_their_services_are_refused_when_they_are_mapped()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddEngine(builder.Configuration);
        await using WebApplication app = builder.Build();
        Assert.Contains("Add the call AddApi(builder.Configuration)", Assert.Throws<InvalidOperationException>(() => app.MapEngine()).Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(string prefix)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Engine:Models:default:Path"] = typeof(OtherProgramTests).Assembly.Location,
        });
        var backend = new ScriptedBackend();
        builder.Configuration["Engine:Models:default:Backend"] = backend.Name;
        builder.Services.AddEngine(builder.Configuration).AddApi(builder.Configuration).Services.AddSingleton<IModelBackend>(backend);
        builder.Services.AddOpenApi();
        WebApplication app = builder.Build();
        app.MapOpenApi();
        app.MapScalarApiReference();
        foreach (string path in new[] { "/", "/health", "/mine" })
        {
            app.MapGet(path, () => Mine);
        }
        IEndpointRouteBuilder routes = prefix.Length == 0 ? app : app.MapGroup(prefix);
        routes.MapEngine();
        await app.StartAsync();
        return app;
    }
}
