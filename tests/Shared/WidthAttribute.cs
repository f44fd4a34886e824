using System.Reflection;
using System.Runtime.Intrinsics;
using Xunit.Sdk;

namespace Tests.Shared;

/// <summary>One run of a theory in vectors of this many bits; skipped, with the reason, where the processor lacks them.</summary>
/// <remarks>Vectors of 256 bits are there on every processor: without AVX2 the runtime makes them out of narrower ones, and the engine
/// computes in those. CI knows what a processor lacks by the first words of <see cref="Lack"/>.</remarks>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class WidthAttribute : DataAttribute
{
    private const string Lack = "The processor lacks vectors of 512 bits (AVX-512), or DOTNET_EnableAVX512=0 hides them.";

    public WidthAttribute(int bits)
    {
        Bits = bits;
        Skip = bits > 256 && !Vector512.IsHardwareAccelerated ? Lack : null;
    }

    public int Bits { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Bits]];
}
