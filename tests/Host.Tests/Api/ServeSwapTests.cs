using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Engine.Host.Composition;
using Engine.Host.Tests.Isolation;
using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Host.Tests.Api;

/// <summary>The server's models change while clients use them.</summary>
public sealed class ServeSwapTests
{
    private const string Completion = """{"prompt": "Once upon a time", "max_tokens": 8, "temperature": 0}""";

    [Fact]
    public async Task Swaps_under_load_fail_no_request_streamed_or_not()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories", ("Engine:Models:default:Slots", "4"));
        await UnderLoadAsync(server, () => server.SwapModelsAsync(8));
    }

    [LinuxFact]
    public async Task Swaps_between_the_two_llama_cpps_of_which_one_has_a_process_of_its_own_fail_no_request()
    {
        if (!HostBackends.Names.Contains("llamasharp", StringComparison.Ordinal))
        {
            return; // left out of this build
        }
        await using TestServer server = await TestServer.StartModelAsync(
            "builtin:llama-stories", services => services.AddSingleton(IsolatedModels.Program), ("Engine:Models:default:Slots", "4"), ("Engine:Models:default:Backend", "llama.cpp"));
        string[] around = ["reference", "llamasharp", "llama.cpp", "llamasharp"];
        await UnderLoadAsync(server, () => server.SwapModelsAsync(around.Length, [.. around.Select(backend => (backend, "builtin:llama-stories"))]));
    }

    /// <summary>Clients that ask all the time, streamed and not, while something is done.</summary>
    private static async Task UnderLoadAsync(TestServer server, Func<Task> work)
    {
        using var done = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(client => Task.Run(() => AskAsync(streams: client % 2 == 0)))];
        await work();
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(clients), answers => Assert.True(answers > 0));

        async Task<int> AskAsync(bool streams)
        {
            int answers = 0;
            for (; !done.IsCancellationRequested; answers++)
            {
                using HttpResponseMessage response = await server.Client.PostAsync("/v1/completions", new StringContent(streams ? Completion.Replace("{", "{\"stream\": true, ") : Completion));
                string body = await response.Content.ReadAsStringAsync();
                Assert.True(response.StatusCode == HttpStatusCode.OK, body);
                Assert.DoesNotContain("\"error\"", body, StringComparison.Ordinal);
                Assert.Contains("\"finish_reason\":\"", body.Replace(" ", ""), StringComparison.Ordinal);
            }
            return answers;
        }
    }

    [Fact]
    public async Task The_verifier_changes_with_the_model()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        foreach (string path in new[] { "builtin:llama-stories", "builtin:llama-tools" })
        {
            server.App.Configuration["Engine:Models:default:Path"] = path;
            ((IConfigurationRoot)server.App.Configuration).Reload();
            var registry = server.App.Services.GetRequiredService<IModelRegistry>();
            IModel model = await registry.GetAsync();
            while (model.Card.Path != registry.OptionsOf().Path)
            {
                await Task.Delay(5);
            }
            using HttpResponseMessage response = await server.Client.PostAsync("/v1/completions", new StringContent(Completion.Replace("{", "{\"verify\": true, ")));
            JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.StatusCode == HttpStatusCode.OK, answer.ToString());
            Assert.Equal("pass", answer.GetProperty("verification").GetProperty("verdict").GetString());
        }
    }

    [Fact]
    public async Task The_settings_file_is_watched_and_a_mistake_in_it_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        string settings = folder.File("appsettings.json");
        await File.WriteAllTextAsync(settings, """{"Engine": {"Models": {"default": {"Path": "builtin:llama-stories"}}}}""");
        await using ServeProcess serve = await ServeProcess.StartInAsync(folder.File("."), []);
        Assert.Equal(["default"], await NamesAsync());

        await File.WriteAllTextAsync(settings, """{"Engine": {"Models": {"default": {"Path": "builtin:llama-tools" """);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!serve.Log.Contains("has changed and is not JSON", StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }
        Assert.True((await serve.CompleteAsync(Completion)).TryGetProperty("choices", out _));

        await File.WriteAllTextAsync(settings, """{"Engine": {"Models": {"default": {"Path": "builtin:llama-tools"}, "tales": {"Path": "builtin:llama-stories", "Load": "OnUse"}}}}""");
        while ((await NamesAsync()).Length < 2)
        {
            await Task.Delay(20, limit.Token);
        }
        using HttpResponseMessage response = await serve.Client.PostAsync("/v1/completions", new StringContent(Completion.Replace("{", "{\"model\": \"tales\", ")));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        async Task<string[]> NamesAsync() =>
            [.. (await serve.Client.GetFromJsonAsync<JsonElement>("/v1/models")).GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
    }
}
