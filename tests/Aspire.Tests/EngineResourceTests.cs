using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Samples;
using Tests.Shared;

namespace Aspire.Tests;

/// <summary><c>AddEngine</c> in an app host: the program is started, and other resources are told how to reach it.</summary>
public sealed class EngineResourceTests
{
    private static readonly string[] Publishing = ["--operation", "publish", "--publisher", "manifest"];

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    [OrchestratorFact]
    public async Task An_app_host_starts_the_program_and_clients_get_answers_by_the_connection_string()
    {
        using var deadline = new CancellationTokenSource(Longest);
        await using Telemetry telemetry = await Telemetry.StartAsync();
        IDistributedApplicationBuilder builder = CreateBuilder(SharedFolder.Checkout);
        builder.Configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = telemetry.Address;
        IResourceBuilder<EngineResource> engine = builder.AddEngine("engine", Program).WithModel("default", "models/llama-stories-q8_0.gguf").WithModelSetting("default", "Slots", 2);
        await using DistributedApplication app = builder.Build();
        await app.StartAsync(deadline.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("engine", deadline.Token);

        string? connection = await engine.Resource.ConnectionStringExpression.GetValueAsync(deadline.Token);
        using IChatClient client = AppClient.Create(new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:engine", connection)]).Build());
        ChatResponse answer = await client.GetResponseAsync("Tell me a story.", new ChatOptions { MaxOutputTokens = 8, Temperature = 0 }, deadline.Token);
        Assert.NotEqual("", answer.Text.Trim());

        // Only those who have the key are answered.
        using var stranger = new HttpClient { BaseAddress = new Uri(engine.Resource.HttpEndpoint.Url) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/v1/models", deadline.Token)).StatusCode);

        string spans = await telemetry.Spans.WaitAsync(deadline.Token);
        Assert.Contains("service.name\u0012\b\n\u0006engine", spans, StringComparison.Ordinal);
        await app.StopAsync(deadline.Token);
    }

    [Fact]
    public async Task A_project_that_refers_to_it_gets_its_address_key_and_model()
    {
        using var folder = new TemporaryFolder();
        string host = Directory.CreateDirectory(folder.File("AppHost")).FullName;
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder.File("Web")).FullName, "Web.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk.Web\" />");
        IDistributedApplicationBuilder builder = CreateBuilder(host, Publishing);
        AppHost.Compose(builder);
        ProjectResource web = builder.Resources.OfType<ProjectResource>().Single();
        Dictionary<string, string> variables = new((await EvaluateAsync(builder, web)).EnvironmentVariables);
        Assert.Equal("{engine.connectionString}", variables["ConnectionStrings__engine"]);
        Assert.Equal("{engine.bindings.http.url}/v1", variables["ENGINE_URI"]);
        Assert.Equal("{engine-key.value}", variables["ENGINE_KEY"]);
        Assert.Equal("default", variables["ENGINE_MODEL"]);
        Assert.Contains(web.Annotations.OfType<WaitAnnotation>(), wait => wait.Resource.Name == "engine");
    }

    [Fact]
    public async Task A_manifest_has_the_command_line_the_models_and_the_key()
    {
        IDistributedApplicationBuilder builder = CreateBuilder(SharedFolder.Checkout, Publishing);
        IResourceBuilder<ParameterResource> key = builder.AddParameter("shared-key", secret: true);
        IResourceBuilder<EngineResource> engine = builder.AddEngine("engine").WithApiKey(key)
            .WithModel("small", "builtin:llama-stories").WithModel("default", "/models/large.gguf").WithModelSetting("default", "Gate:Oracle", "small");
        Assert.Equal("engine", engine.Resource.Command);
        IExecutionConfigurationResult started = await EvaluateAsync(builder, engine.Resource);
        Assert.Equal(["serve", "--urls", "http://0.0.0.0:{engine.bindings.http.targetPort}"], started.Arguments.Select(argument => argument.Value));
        Dictionary<string, string> variables = new(started.EnvironmentVariables);
        Assert.Equal("builtin:llama-stories", variables["Engine__Models__small__Path"]);
        Assert.Equal("/models/large.gguf", variables["Engine__Models__default__Path"]);
        Assert.Equal("small", variables["Engine__Models__default__Gate__Oracle"]);
        Assert.Equal("{shared-key.value}", variables["Serve__ApiKeys__0"]);
        Assert.Equal("Endpoint={engine.bindings.http.url}/v1;Key={shared-key.value};Model=default", engine.Resource.ConnectionStringExpression.ValueExpression);
    }

    [Theory]
    [InlineData("llama:3b")]
    [InlineData("a__b")]
    [InlineData("a=b")]
    public void A_model_s_name_that_the_environment_would_read_as_several_is_refused(string name)
    {
        IResourceBuilder<EngineResource> engine = CreateBuilder(SharedFolder.Checkout).AddEngine("engine");
        ArgumentException error = Assert.Throws<ArgumentException>(() => engine.WithModel(name, "builtin:llama-stories"));
        Assert.StartsWith($"Naming the model '{name}': expected a name without ", error.Message, StringComparison.Ordinal);
    }

    private static string Program { get; } = Path.Combine(new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.FullName, "Host", new DirectoryInfo(AppContext.BaseDirectory).Name, "engine");

    /// <summary>What Aspire would start a resource with.</summary>
    private static Task<IExecutionConfigurationResult> EvaluateAsync(IDistributedApplicationBuilder builder, IResource resource) =>
        ExecutionConfigurationBuilder.Create(resource).WithArgumentsConfig().WithEnvironmentVariablesConfig().BuildAsync(builder.ExecutionContext, NullLogger.Instance);

    /// <summary>An app host without a dashboard.</summary>
    private static IDistributedApplicationBuilder CreateBuilder(string folder, params string[] arguments)
    {
        IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = arguments,
            AssemblyName = typeof(EngineResourceTests).Assembly.GetName().Name,
            ProjectDirectory = folder,
            DisableDashboard = true,
        });
        builder.Configuration["DcpPublisher:DashboardPath"] = "none"; // asked for all the same
        return builder;
    }
}
