using System.Text.Json;
using Engine.Host.Commands.Diagnosis;
using Engine.Host.Composition;
using Engine.LlamaCpp.Runtime;

namespace Engine.Host.Tests.Commands.Diagnosis;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task A_healthy_machine_is_called_so_and_a_model_of_every_backend_answers()
    {
        Outcome outcome = await EngineProcess.RunAsync("doctor", "--json");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        JsonElement report = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.True(report.GetProperty("healthy").GetBoolean());
        Assert.Equal(NativeLibraryLocator.RuntimeIdentifier, report.GetProperty("platform").GetString());
        Assert.Equal($".NET {Environment.Version}", report.GetProperty("runtime").GetString());
        Assert.InRange(report.GetProperty("machine").GetProperty("available_bytes").GetInt64(), 1, report.GetProperty("machine").GetProperty("memory_bytes").GetInt64());
        var checks = report.GetProperty("checks").EnumerateArray().ToDictionary(check => check.GetProperty("name").GetString()!, check => (
            State: check.GetProperty("state").GetString(), Text: check.GetProperty("text").GetString()!));
        Assert.Contains("builtin:llama-stories", checks["models"].Text, StringComparison.Ordinal);
        string[] backends = HostBackends.LLamaSharpVersion is null ? ["reference", "llama.cpp"] : ["reference", "llama.cpp", "llamasharp"];
        Assert.All(backends, name => Assert.Equal(("ok", true), (checks[name].State, checks[name].Text.EndsWith(": answers", StringComparison.Ordinal))));
        Assert.Contains(LibraryFingerprint.GgmlVersion, checks["llama.cpp"].Text, StringComparison.Ordinal);
        // A missing device says how to get it.
        Assert.All(["cuda", "vulkan"], kind => Assert.True(checks[kind].State is "ok" or "absent", checks[kind].Text));
    }

    [Fact]
    public async Task A_missing_library_is_named_and_shows_in_the_exit_code()
    {
        Outcome outcome = await EngineProcess.RunAsync("doctor", "--library", "/nowhere");
        Assert.True(outcome.ExitCode == 1, outcome.ToString());
        Assert.Contains("missing  llama.cpp", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("'/nowhere'", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("One thing that the engine needs is missing.\n", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public void The_report_fits_the_terminal(int width)
    {
        var machine = new Machine("Debian GNU/Linux 12 (bookworm)", "AMD EPYC 9B45 128-Core Processor", 2, ["AVX-512", "AVX2"], 25L << 30, 20L << 30, ["NVIDIA (10de:2330)"], "580.82.07");
        string text = DoctorText.Render(new(false, "0.1.0", ".NET 10.0.12", "linux-x64", machine,
        [
            new("llama.cpp", CheckState.Ok, "0.5.0 (ggml 0.25.1), CPU build haswell: answers"),
            new("calibrations", CheckState.Absent, "there is no home folder to keep them in. Set XDG_CACHE_HOME."),
            new("models", CheckState.Missing, "expected the default model beside the program, found nothing there. Publish the program again."),
        ], []), width);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width, line));
        Assert.Contains(width == 80 ? "  absent   calibrations there is no home" : "  calibrations: absent\n    there is no home", text, StringComparison.Ordinal);
        Assert.EndsWith("One thing that the engine needs is missing.\n", text.Replace("is\nmissing", "is missing", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Graphics_cards_and_their_driver_are_found_without_a_plugin()
    {
        using var root = new TemporaryFolder();
        Write("sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n");
        Write("sys/bus/pci/devices/0000:00:02.0/vendor", "0x1234\n"); // a virtual display
        Write("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
        Write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
        Write("sys/bus/pci/devices/0000:01:00.0/device", "0x2330\n");
        Write("sys/bus/pci/devices/0000:02:00.0/class", "0x020000\n"); // a network card
        Write("sys/bus/pci/devices/0000:02:00.0/vendor", "0x8086\n");
        Write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build  (builder@host)\n");
        Write("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC 9B45\n");
        var machine = Machine.Read(root.File(""));
        Assert.Equal(["NVIDIA (10de:2330)"], machine.GraphicsCards);
        Assert.Equal("580.82.07", machine.NvidiaDriver);
        Assert.Equal("AMD EPYC 9B45", machine.Processor);

        void Write(string name, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root.File(name))!);
            File.WriteAllText(root.File(name), text);
        }
    }
}
