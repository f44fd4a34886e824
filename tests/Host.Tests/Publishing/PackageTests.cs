using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using Engine.LlamaCpp.Runtime;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>What a user of the packages has: programs made from the templates outside the checkout, published and run from folders of their own.</summary>
/// <remarks>Each form of publishing once: the worker depending on the framework and as a single file, the web program with its own runtime.</remarks>
public sealed class PackageTests(PackageFeed feed, ITestOutputHelper output) : IClassFixture<PackageFeed>
{
    private const string Beginning = "Once upon a time";

    private static readonly string[] Libraries = BuiltArtifacts.HasLLamaSharp
        ? ["Engine", "Engine.Abstractions", "Engine.Api", "Engine.Aspire.Hosting", "Engine.LLamaSharp", "Engine.ReferenceModels", "Engine.Remote"]
        : ["Engine", "Engine.Abstractions", "Engine.Api", "Engine.Aspire.Hosting", "Engine.ReferenceModels", "Engine.Remote"];

    private static readonly string[] Others = ["Engine.Models", "Engine.Native.linux-arm64", "Engine.Native.linux-x64", "Engine.Templates", "Engine.Tool"];

    private static string Rid => NativeLibraryLocator.RuntimeIdentifier;

    [Fact]
    public void Every_package_has_its_licence_readme_and_icon_and_libraries_have_symbols()
    {
        output.WriteLine(feed.Log);
        Assert.Equal(Libraries.Concat(Others).Order(StringComparer.Ordinal), Directory.GetFiles(feed.Folder, "*.nupkg")
            .Select(path => Path.GetFileName(path)[..^$".{PackageFeed.Version}.nupkg".Length]).Order(StringComparer.Ordinal));
        foreach (string id in Libraries.Concat(Others))
        {
            using ZipArchive package = feed.Open(id);
            output.WriteLine($"{new FileInfo(Path.Combine(feed.Folder, $"{id}.{PackageFeed.Version}.nupkg")).Length / 1e6,6:N2} MB  {id}");
            XElement metadata = Nuspec(package, id);
            Assert.Equal(("MIT", "README.md", "icon.png"), (Value("license"), Value("readme"), Value("icon")));
            Assert.NotEqual("Package Description", Value("description"));
            Assert.NotNull(package.GetEntry("README.md"));
            Assert.NotNull(package.GetEntry("icon.png"));
            // The commit is known to whoever builds a checkout.
            Assert.True(Directory.Exists(Path.Combine(SharedFolder.Checkout, ".git")) is false || metadata.Elements().Any(e => e.Name.LocalName == "repository" && e.Attribute("commit") is not null), id);

            string? Value(string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
        }
        foreach (string id in Libraries)
        {
            string assembly = id == "Engine.ReferenceModels" ? "ReferenceModels" : id;
            using ZipArchive package = feed.Open(id), symbols = feed.Open(id, "snupkg");
            Assert.NotNull(package.GetEntry($"lib/net10.0/{assembly}.xml"));
            byte[] library = Read(package, $"lib/net10.0/{assembly}.dll"), pdb = Read(symbols, $"lib/net10.0/{assembly}.pdb");
            // Released, both name files from the root of the repository: no path of the machine that built them.
            if (Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')) == "release" && Path.Exists(Path.Combine(SharedFolder.Checkout, ".git")))
            {
                Assert.All([library, pdb], bytes => Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(SharedFolder.Checkout))));
            }
        }
        using ZipArchive engine = feed.Open("Engine");
        Assert.Contains(Nuspec(engine, "Engine").Descendants(), e => e.Name.LocalName == "dependency" && (string?)e.Attribute("id") == "Engine.Abstractions" && (string?)e.Attribute("version") == PackageFeed.Version);
    }

    [Theory]
    [InlineData("linux-x64", "libggml-cpu-haswell.so")]
    [InlineData("linux-arm64", "libggml-cpu-armv8.2_1.so")]
    public void A_native_package_has_the_libraries_with_their_notices(string platform, string plugin)
    {
        using ZipArchive package = feed.Open($"Engine.Native.{platform}");
        string[] expected = ["libllama.v0.5.0.so", "libggml-base.so", plugin, "LICENSE.llama.cpp.txt", "LICENSE.node-llama-cpp.txt", "NOTICE.llama.cpp.txt"];
        Assert.All(expected, file => Assert.NotNull(package.GetEntry($"runtimes/{platform}/native/{file}")));
        Assert.DoesNotContain(package.Entries, entry => entry.Name.Contains("common", StringComparison.Ordinal) || entry.Name.EndsWith(".dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_worker_from_the_template_runs_published_with_the_framework_and_as_a_single_file()
    {
        string project = await NewAsync("engine-worker", "Stories.Worker");
        string folder = Path.Combine(feed.Projects, "worker"), single = Path.Combine(feed.Projects, "worker-single");
        await feed.RunAsync(output, "publish", project, "-c", "Release", "-o", folder, "--disable-build-servers");
        Assert.Contains(Path.Combine(folder, "runtimes", Rid, "native", "libllama.v0.5.0.so"), Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
        Assert.StartsWith(Beginning + ", ", await TellAsync("dotnet", Path.Combine(folder, "Stories.Worker.dll")), StringComparison.Ordinal);

        await feed.RunAsync(output, "publish", project, "-c", "Release", "-o", single, "-r", Rid, "--self-contained", "-p:PublishSingleFile=true", "--disable-build-servers");
        Assert.Empty(Directory.GetFiles(single, "*.dll", SearchOption.AllDirectories));
        Assert.All(["LICENSE.llama.cpp.txt", "NOTICE.llama.cpp.txt", "libllama.v0.5.0.so", "models/llama-stories-q8_0.gguf"], file => Assert.True(File.Exists(Path.Combine(single, file)), file));
        Assert.StartsWith(Beginning + ", ", await TellAsync(Path.Combine(single, "Stories.Worker")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_program_from_the_template_serves_published_with_its_own_runtime_and_every_backend()
    {
        string project = await NewAsync("engine-web", "Stories.Web", BuiltArtifacts.HasLLamaSharp ? ["--backend", "llamasharp"] : []);
        await feed.RunAsync(output, "add", project, "package", "Engine.Remote", "--version", PackageFeed.Version, "--no-restore");
        string program = Path.Combine(project, "Program.cs");
        await File.WriteAllTextAsync(program, "using Engine.Remote;\n" + (await File.ReadAllTextAsync(program)).Replace(".AddReferenceModels()", ".AddReferenceModels().AddRemoteModels()", StringComparison.Ordinal));
        string folder = Path.Combine(feed.Projects, "web");
        await feed.RunAsync(output, "publish", project, "-c", "Release", "-o", folder, "-r", Rid, "--self-contained", "--disable-build-servers");
        Assert.True(File.Exists(Path.Combine(folder, "Engine.Api.xml")));
        if (BuiltArtifacts.HasLLamaSharp)
        {
            Assert.Equal([Rid], Directory.GetDirectories(Path.Combine(folder, "runtimes")).Select(path => Path.GetFileName(path)));
        }
        using Process server = Start(Path.Combine(folder, "Stories.Web"), "--urls", "http://127.0.0.1:0", "--Engine:Models:default:Backend=" + (BuiltArtifacts.HasLLamaSharp ? "llamasharp" : "llama.cpp"));
        try
        {
            Uri? address = null;
            while (address is null && await server.StandardOutput.ReadLineAsync() is { } line)
            {
                address = line.Split("Now listening on: ") is [_, var url] ? new Uri(url) : null;
            }
            Assert.NotNull(address);
            _ = server.StandardOutput.ReadToEndAsync();
            using var client = new HttpClient { BaseAddress = address };
            while (!(await client.GetAsync("/health/ready")).IsSuccessStatusCode)
            {
                await Task.Delay(50); // the process is ended where this takes too long
            }
            using HttpResponseMessage response = await client.PostAsJsonAsync("/v1/completions", new { prompt = Beginning, max_tokens = 8, temperature = 0, verify = true });
            string body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, body);
            JsonElement answer = JsonDocument.Parse(body).RootElement;
            Assert.StartsWith(", ", answer.GetProperty("choices")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
            Assert.Contains("\"verdict\":\"pass\"", body, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task The_tool_installs_and_finds_everything_it_needs()
    {
        string tools = Path.Combine(feed.Projects, "tools");
        await feed.RunAsync(output, "tool", "install", "Engine.Tool", "--version", PackageFeed.Version, "--tool-path", tools);
        using Process doctor = Start(Path.Combine(tools, "engine"), "doctor", "--json");
        JsonElement report = JsonDocument.Parse(await EndAsync(doctor)).RootElement;
        Assert.True(report.GetProperty("healthy").GetBoolean(), report.ToString());
        using ZipArchive package = feed.Open("Engine.Tool");
        string[] runtimes = [.. package.Entries.Select(entry => entry.FullName.Split('/')).Where(parts => parts is ["tools", _, _, "runtimes", _, "native", ..]).Select(parts => parts[4]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["linux-arm64", "linux-x64", "osx-arm64", "win-x64"], runtimes);
        Assert.All(runtimes, platform => Assert.NotNull(package.GetEntry($"tools/net10.0/any/runtimes/{platform}/native/NOTICE.llama.cpp.txt")));
    }

    /// <summary>Makes a project from a template of the package, in a store of templates that ends with the tests.</summary>
    /// <returns>Its folder.</returns>
    private async Task<string> NewAsync(string template, string name, params string[] options)
    {
        string hive = Path.Combine(feed.Projects, "hive-" + name), project = Path.Combine(feed.Projects, name);
        await feed.RunAsync(output, "new", "install", Path.Combine(feed.Folder, $"Engine.Templates.{PackageFeed.Version}.nupkg"), "--debug:custom-hive", hive);
        await feed.RunAsync(output, ["new", template, "-o", project, "--no-update-check", "--debug:custom-hive", hive, .. options]);
        return project;
    }

    private static Task<string> TellAsync(string program, params string[] arguments) => EndAsync(Start(program, arguments));

    /// <summary>Runs what was published from another folder.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        Signal.HeedInterrupt();
        return EngineProcess.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() });
    }

    private static async Task<string> EndAsync(Process process)
    {
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said + await errors);
        return said;
    }

    private static byte[] Read(ZipArchive package, string name)
    {
        using Stream stream = package.GetEntry(name)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static XElement Nuspec(ZipArchive package, string id)
    {
        using Stream stream = package.GetEntry(id + ".nuspec")!.Open();
        return XDocument.Load(stream).Root!.Elements().First();
    }
}
