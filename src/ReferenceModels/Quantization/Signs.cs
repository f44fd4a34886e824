using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReferenceModels.Quantization;

/// <summary>Signs of eight elements: bit j of a byte is set where element j is negative.</summary>
internal static unsafe class Signs
{
    /// <summary>Byte j of entry s is all ones where bit j of s is set.</summary>
    private static readonly ulong* Masks = TableOfMasks();

    /// <summary>All eight signs from seven: the number of negative ones is even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Even(uint seven) => (int)(seven | (uint)(BitOperations.PopCount(seven) & 1) << 7);

    /// <summary>Gives signs to eight bytes of 1 … 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply(ulong magnitudes, int signs)
    {
        // −p = ~p + 1; as p is not 0, no byte carries into the next.
        var mask = Masks[signs];
        return (magnitudes ^ mask) + (mask & 0x01010101_01010101);
    }

    private static ulong* TableOfMasks()
    {
        var table = (ulong*)NativeMemory.AlignedAlloc(256 * sizeof(ulong), 64);
        for (var s = 0; s < 256; s++)
        {
            table[s] = 0;
            for (var j = 0; j < 8; j++)
            {
                table[s] |= (ulong)(s >> j & 1) * 0xFF << (8 * j);
            }
        }

        return table;
    }
}
