using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Engine.LlamaCpp.Direct;
using Engine.Parity;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Samples;

namespace Engine.Host.Tests.Documents;

/// <summary>Runs tests/Samples, which the C# of README and docs is cut from.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task README_s_program_prints_a_story_until_it_is_stopped()
    {
        Document.Block settings = Document.Read("README.md").Blocks.Single(block => block.Language == "json");
        await File.WriteAllTextAsync(_folder.File("appsettings.json"), settings.Text);
        using Process process = EngineProcess.Start(new ProcessStartInfo("dotnet", ["exec", typeof(Teller).Assembly.Location, "--Logging:LogLevel:Default=None"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.File("."),
        });
        var printed = new StringBuilder();
        var buffer = new char[256];
        while (!printed.ToString().Contains('.', StringComparison.Ordinal))
        {
            int read = await process.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(read > 0, printed.ToString());
            printed.Append(buffer, 0, read);
        }
        Process.Start("kill", ["-TERM", $"{process.Id}"]).WaitForExit();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task The_chat_of_chat_md_tells_and_embeds()
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Engine:Models:default:Path"] = "builtin:llama-stories",
            ["Engine:Models:encoder:Path"] = "builtin:bert-facts",
        });
        Chats.Add(builder);
        using IHost host = builder.Build();
        await host.StartAsync();
        using var output = new StringWriter();
        await host.Services.GetRequiredService<Teller>().TellAsync(output, CancellationToken.None);
        Assert.Matches(@"\w+.* \(\d+ numbers\)\s*$", output.ToString());
        await host.StopAsync();
    }

    [Fact]
    public async Task The_comparison_of_library_md_passes() =>
        Assert.Equal(ParityVerdict.Pass, (await Library.CompareAsync(TestData.Model("aidreams260K-f32.gguf"))).Verdict);

    [Fact]
    public async Task The_constraint_of_constraints_md_holds_the_answer()
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new() { Path = Document.FullPath("models/llama-stories-q8_0.gguf") });
        var answer = new StringBuilder();
        await foreach (GeneratedToken token in model.GenerateAsync(Samples.Constraints.Colour()))
        {
            answer.Append(token.Text);
        }
        using var json = JsonDocument.Parse(answer.ToString());
        Assert.Contains(json.RootElement.GetProperty("colour").GetString(), new[] { "red", "green" });
    }

    [Fact]
    public async Task The_program_of_serving_md_answers_over_HTTP()
    {
        await using WebApplication app = WebProgram.Make(["--urls", "http://127.0.0.1:0", "--Engine:Models:default:Path=builtin:llama-stories", "--Logging:LogLevel:Default=None"]);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using HttpResponseMessage answer = await client.PostAsync("/v1/completions", new StringContent("""{"prompt": "Once upon a time", "max_tokens": 3}"""));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public void The_loss_of_training_md_is_learned()
    {
        File.WriteAllText(_folder.File("data.txt"), "Anna saw a bird in the garden.");
        Samples.Training.Run(TestData.Model("aidreams260K-f32.gguf"), _folder.File("data.txt"), _folder.File("out.gguf"));
        Assert.True(new FileInfo(_folder.File("out.gguf")).Length > 900_000);
    }

    [Fact]
    public async Task A_program_that_is_not_started_for_a_model_keeps_running() => Assert.Equal(0, await Samples.Remote.MainAsync([]));

    [Fact]
    public async Task The_socket_of_remote_md_that_nobody_listens_on_is_a_model_that_is_unavailable() =>
        await Assert.ThrowsAsync<ModelUnavailableException>(Samples.Remote.NameAsync);
}
