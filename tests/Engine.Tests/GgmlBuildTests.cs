using System.Runtime.InteropServices;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using Engine.Tests.LlamaCpp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests;

[Collection(LoadedLibrary.Name)]
public sealed class GgmlBuildTests
{
    [Theory]
    [InlineData("CPU : LLAMAFILE = 1 | REPACK = 1 | ", false, true, false)] // x64
    [InlineData("CPU : SSE3 = 1 | SSSE3 = 1 | AVX = 1 | LLAMAFILE = 1 | REPACK = 1 | ", true, false, false)] // sandybridge
    [InlineData("CPU : SSE3 = 1 | SSSE3 = 1 | AVX = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | BMI2 = 1 | LLAMAFILE = 1 | REPACK = 1 | ", true, false, true)] // haswell
    [InlineData("CUDA : ARCHS = 500,610 | USE_GRAPHS = 1 | CPU : AVX = 1 | FMA = 1 | ", true, false, true)]
    [InlineData("CPU : NEON = 1 | ARM_FMA = 1 | DOTPROD = 1 | ", true, true, true)]
    [InlineData("CPU : AVX = 0 | FMA = 0 | ", false, true, false)]
    public void A_build_is_recognised_by_its_own_description(string systemInfo, bool even, bool inverts, bool fuses) =>
        Assert.Equal(new GgmlBuild(even, inverts, fuses), GgmlBuild.Parse(systemInfo));

    [Fact]
    [Trait("Judge", "llama.cpp")]
    public void The_loaded_CPU_build_counts()
    {
        LlamaLibrary.Load(null, NullLogger.Instance);
        bool plain = CpuPlugins.Name(CpuBuild.Plugin) is "x64" or "sse42";
        bool inverts = plain || RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        Assert.Equal((!plain, inverts), (GgmlBuild.Current.RoundsHalvesToEven, GgmlBuild.Current.InvertsScale));
    }
}
