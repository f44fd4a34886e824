using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Devices;

[Collection(LoadedLibrary.Name)]
public sealed class DeviceSelectionTests
{
    private readonly LlamaLibrary _library = LlamaLibrary.Load(null, NullLogger.Instance);

    [Fact]
    public void The_cpu_offloads_nothing_and_gives_an_empty_list_of_devices()
    {
        var choice = DeviceSelection.Choose(kind => kind.Absence(_library), "cpu", gpuLayers: -1, NullLogger.Instance);
        Assert.Equal(("cpu", 0), (choice.Name, choice.GpuLayers));
        Assert.Equal([0], choice.ToNullTerminated());
    }

    [Fact]
    public void An_unknown_device_is_refused_with_the_names_there_are()
    {
        var message = Assert.Throws<ConfigurationException>(() => DeviceSelection.Choose(kind => kind.Absence(_library), "gpu", -1, NullLogger.Instance)).Message;
        Assert.Contains("auto, cpu, cuda, vulkan, metal", message, StringComparison.Ordinal);
        Assert.Contains("'gpu'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", "libggml-cuda.so", "dotnet build native -t:Cuda")]
    [InlineData("vulkan", "libggml-vulkan.so", "dotnet build native -t:Vulkan")]
    [InlineData("metal", "libggml-metal.so", "macOS")]
    public void A_named_device_is_used_or_its_absence_explained(string device, string plugin, string hint)
    {
        var installed = File.Exists(Path.Combine(_library.Folder, plugin));
        var failure = Record.Exception(() => DeviceSelection.Choose(kind => kind.Absence(_library), device, -1, NullLogger.Instance));
        if (!installed || failure is not null)
        {
            Assert.IsType<DeviceUnavailableException>(failure);
            Assert.Contains(plugin, failure.Message, StringComparison.Ordinal);
            Assert.Contains("the device 'auto' or 'cpu'", failure.Message, StringComparison.Ordinal);
        }
        if (!installed)
        {
            Assert.Contains(hint, failure!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plugin_that_cannot_load_gives_the_loaders_own_reason()
    {
        var kind = DeviceKind.All[0] with { Registry = "none", Plugin = "LICENSE.llama.cpp.txt" };
        Assert.Contains("LICENSE.llama.cpp.txt does not load: ", kind.Absence(_library), StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_says_what_it_takes_and_why()
    {
        var logger = new LineLogger(LogLevel.Information);
        var choice = DeviceSelection.Choose(kind => kind.Absence(_library), "auto", -1, logger);
        var line = Assert.Single(logger.Lines);
        Assert.StartsWith(choice == DeviceChoice.Cpu ? "Device: the CPU, because no " : "Device: " + choice.Name, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_says_what_each_kind_of_device_lacks_to_those_who_ask_for_details()
    {
        var logger = new LineLogger(LogLevel.Debug);
        var choice = DeviceSelection.Choose(kind => $"'{kind.Plugin}' lacks a driver", "auto", -1, logger);
        string[] kinds = [.. DeviceKind.All.Where(kind => kind.IsOfThisSystem).Select(kind => kind.Name)];
        Assert.Equal(choice == DeviceChoice.Cpu ? kinds : [], logger.Lines.Where(line => line.EndsWith("' lacks a driver.", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]));
    }

    private sealed class LineLogger(LogLevel least) : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Lines.Add(formatter(state, exception));
            }
        }
    }
}
