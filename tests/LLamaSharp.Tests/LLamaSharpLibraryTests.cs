using System.Diagnostics;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;
using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.LLamaSharp.Tests;

/// <summary>The one native library of a process, and what cannot be had of it.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => TinyFamilies.Llama(_folder.File("model.gguf"));

    public void Dispose() => _folder.Dispose();

    private static async Task<string> Refusal<T>(IModelBackend backend, ModelOptions options) where T : EngineException
    {
        await (await new LLamaSharpBackend().LoadAsync(new() { Path = options.Path, Device = "cpu" })).DisposeAsync();
        return (await Assert.ThrowsAsync<T>(() => backend.LoadAsync(options).AsTask())).Message;
    }

    [Fact]
    public async Task The_library_of_the_other_backend_is_refused_and_not_mapped()
    {
        string message = await Refusal<NativeLibraryException>(new LlamaCppBackend(), new() { Path = Model, Device = "cpu" });
        Assert.Contains("already runs the backend 'llamasharp'", message, StringComparison.Ordinal);
        Assert.Contains("start another process", message, StringComparison.Ordinal);
        using var process = Process.GetCurrentProcess();
        Assert.Equal(1, process.Modules.Cast<ProcessModule>().Select(module => module.FileName).Distinct().Count(file => Path.GetFileName(file).StartsWith("libggml-base.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Another_library_is_refused_once_one_is_loaded()
    {
        Directory.CreateDirectory(_folder.File("other"));
        File.WriteAllText(_folder.File("other/libllama.so"), "none");
        string message = await Refusal<NativeLibraryException>(new LLamaSharpBackend(), new() { Path = Model, Device = "cpu", LibraryPath = _folder.File("other") });
        Assert.Contains("LLamaSharp chooses its library once", message, StringComparison.Ordinal);
        Directory.Delete(_folder.File("other"), recursive: true);
    }

    [Fact]
    public async Task A_missing_library_is_refused_with_its_path()
    {
        string message = await Refusal<NativeLibraryException>(new LLamaSharpBackend(), new() { Path = Model, Device = "cpu", LibraryPath = _folder.File("absent") });
        Assert.Contains(_folder.File("absent"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_of_another_release_is_recognized_by_the_layout_of_its_parameters()
    {
        string ours = NativeLibraryLocator.Find(null, AppContext.BaseDirectory); // of the backend llama.cpp: longer parameters of a context
        var error = Assert.Throws<NativeLibraryException>(() => ContextLayout.Check(ours));
        Assert.Contains("expected the defaults of llama_context_params to be n_ctx 512", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", "asked for the device 'cpu', and LLamaSharp chooses its library once")]
    [InlineData("vulkan", "use the backend 'llama.cpp'")]
    [InlineData("metal", "use the backend 'llama.cpp'")]
    public async Task A_named_device_is_used_or_its_absence_explained(string device, string reason) =>
        Assert.Contains(reason, await Refusal<DeviceUnavailableException>(new LLamaSharpBackend(), new() { Path = Model, Device = device }), StringComparison.Ordinal);

    [Fact]
    public async Task The_weights_stay_in_the_file_which_is_mapped()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the other systems do not list their mappings in a file
        }
        string path = Model;
        using var model = await new LLamaSharpBackend().LoadFileAsync(new() { Path = path, Device = "cpu" }, null, default);
        int whole = Mappings(path);
        using (GgufFile.Open(path))
        {
            int reader = Mappings(path) - whole;
            Assert.True(whole > reader, $"{whole} mappings of the file by the model's reader and llama.cpp together, {reader} by a reader alone");
        }

        static int Mappings(string path) => File.ReadLines("/proc/self/maps").Count(line => line.EndsWith(path, StringComparison.Ordinal));
    }

    [Fact]
    public void The_configuration_names_the_backend_once_it_is_added()
    {
        var services = new ServiceCollection();
        var values = new Dictionary<string, string?> { ["Engine:Models:default:Path"] = Model, ["Engine:Models:default:Backend"] = "LLamaSharp" };
        services.AddLogging();
        services.AddEngine(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).AddLLamaSharp().AddLLamaSharp();
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Single(provider.GetServices<IModelBackend>(), backend => backend.Name == LLamaSharpBackend.BackendName);
        Assert.Equal(["default"], provider.GetRequiredService<IModelRegistry>().Names);
    }
}
