using System.ClientModel;
using Engine.Host.Tests.Isolation;
using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Models;

namespace Engine.Host.Tests.Api;

/// <summary>Judged by OpenAI's own client. It has no legacy completions, which are tested over HTTP.</summary>
public sealed class ModelsTests
{
    [Fact]
    public async Task OpenAIs_client_lists_the_configured_models()
    {
        await using TestServer server = await TestServer.StartAsync(
            new ScriptedBackend(), ("Engine:Models:oracle:Path", typeof(IModel).Assembly.Location), ("Engine:Models:oracle:Backend", "scripted"));
        OpenAIModelClient client = Client(server);
        OpenAIModelCollection models = (await client.GetModelsAsync()).Value;
        Assert.Equal(["default", "oracle"], models.Select(model => model.Id));
        Assert.All(models, model => Assert.Equal("scripted", model.OwnedBy));
        OpenAIModel oracle = (await client.GetModelAsync("oracle")).Value;
        Assert.Equal("oracle", oracle.Id);
        Assert.True(oracle.CreatedAt.Year >= 2025);
    }

    [Theory]
    [InlineData("auto", "none")]
    [InlineData("AUTO", "process")]
    [InlineData("LLAMA.CPP", "none")]
    public async Task A_model_is_owned_by_the_backend_that_runs_it(string backend, string isolation)
    {
        await using TestServer server = await TestServer.StartModelAsync(
            "builtin:llama-stories", services => services.AddSingleton(IsolatedModels.Program),
            ("Engine:Models:default:Backend", backend), ("Engine:Models:default:Isolation", isolation));
        OpenAIModel model = (await Client(server).GetModelAsync("default")).Value;
        IModel loaded = await server.App.Services.GetRequiredService<IModelRegistry>().GetAsync();
        Assert.Equal(loaded.Card.Backend, model.OwnedBy);
    }

    [Fact]
    public async Task OpenAIs_client_understands_the_errors()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client(server).GetModelAsync("nope"));
        Assert.Equal(404, error.Status);
        Assert.Contains("There is no model 'nope'. There are default.", error.Message, StringComparison.Ordinal);
    }

    private static OpenAIModelClient Client(TestServer server) =>
        new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new Uri(server.Client.BaseAddress!, "v1") });
}
