using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Engine;

/// <summary>How the arithmetic of ggml's CPU backend depends on the processors it was built for: <see cref="Arithmetic.Ggml"/>
/// computes as the build in this process does.</summary>
/// <param name="RoundsHalvesToEven">Activations in the middle of two 8-bit integers become the even one; otherwise the one farther from zero.</param>
/// <param name="InvertsScale">Activations become 8-bit integers by 1/(max/127), otherwise by 127/max: the last bit may be another.</param>
/// <param name="FusesMultiplyAdd">a·b + c is rounded once.</param>
/// <remarks>From quantize_row_q8_0 and q8_1 of ggml-cpu/arch/x86 and arch/arm, and of ggml-quants.c, which serves the builds without AVX.
/// Tested bit for bit against all x64 builds that the processor runs; not tested on an Arm processor.</remarks>
internal sealed record GgmlBuild(bool RoundsHalvesToEven, bool InvertsScale, bool FusesMultiplyAdd)
{
    private static GgmlBuild? _loaded;

    /// <summary>The build in this process; where none is loaded, the one that llama.cpp would take for this processor.</summary>
    public static GgmlBuild Current => Volatile.Read(ref _loaded) ?? OfThisProcessor;

    private static GgmlBuild OfThisProcessor { get; } = Of(avx: Avx.IsSupported, fma: Fma.IsSupported, neon: AdvSimd.Arm64.IsSupported);

    /// <summary>From now on <see cref="Current"/> is the build that gave this description of itself.</summary>
    /// <param name="systemInfo">What <c>llama_print_system_info()</c> says: <c>CPU : SSE3 = 1 | AVX = 1 | </c>.</param>
    public static void SetCurrent(string systemInfo) => Volatile.Write(ref _loaded, Parse(systemInfo));

    /// <summary>The build that gives this description of itself.</summary>
    public static GgmlBuild Parse(string systemInfo)
    {
        HashSet<string> has = [.. systemInfo.Split('|', ':').Select(feature => feature.Trim()).Where(feature => feature.EndsWith("= 1", StringComparison.Ordinal))];
        return Of(avx: has.Contains("AVX = 1"), fma: has.Contains("FMA = 1"), neon: has.Contains("NEON = 1"));
    }

    private static GgmlBuild Of(bool avx, bool fma, bool neon) => new(avx || neon, !avx, fma || neon);
}
