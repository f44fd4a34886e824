using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Prefetches bytes of a weight before they are needed.</summary>
internal static unsafe class Prefetch
{
    // The processor's own prefetcher stops at each 4 KiB page and starts again; at this distance ours is already past the boundary.
    // Measured on a mapped file: 512 and 1024 are a quarter slower, 4096 is no faster.
    private const int Distance = 2048;

    /// <summary>Prefetches <paramref name="bytes"/>, a constant up to 256, at a distance of <see cref="Distance"/>. The addresses may lie
    /// outside of any memory: nothing is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(byte* w, int bytes) => Lines(w + Distance, bytes);

    /// <summary>Prefetches the next <paramref name="bytes"/>, a constant up to 256. The addresses may lie outside of any memory: nothing is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* w, int bytes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        Sse.Prefetch0(w);
        if (bytes > 64)
        {
            Sse.Prefetch0(w + 64);
        }

        if (bytes > 128)
        {
            Sse.Prefetch0(w + 128);
        }

        if (bytes > 192)
        {
            Sse.Prefetch0(w + 192);
        }
    }
}
