namespace ReferenceModels.Quantization;

/// <summary>A block of 256 whose integers are so small that two products with bytes fit 16 bits, and whose scales are integers too:
/// x = d·s_g·(q − zero) − dmin·m_g.</summary>
internal unsafe interface IByteBlock : IScaledBlock
{
    /// <summary>The largest q: 15, 31 or 63.</summary>
    static abstract int Largest { get; }

    /// <summary>The q that stands for 0.</summary>
    static abstract int Zero { get; }

    /// <summary>Offset of the bytes that hold the q.</summary>
    static abstract int PackedOffset { get; }

    /// <summary>Their number, a multiple of 32.</summary>
    static abstract int PackedBytes { get; }

    /// <summary>Reads d and, if there are minima, dmin.</summary>
    static abstract (float Scale, float Minimum) Factors(byte* block, float* halves);

    /// <summary>Reads the integer scales and minima.</summary>
    /// <param name="block">The block.</param>
    /// <param name="scales">s of each group, twice: as a pair of 16-bit integers.</param>
    /// <param name="minima">m of each group as 16-bit integers; s if there are no minima.</param>
    static abstract void Scales(byte* block, int* scales, short* minima);

    /// <summary>Unpacks the q of one block in element order, or those of several blocks whose packed bytes are interleaved.</summary>
    /// <param name="packed">The packed bytes, in pieces of 32.</param>
    /// <param name="piece">Bytes from piece to piece.</param>
    /// <param name="q">Eight times 32 integers.</param>
    /// <param name="ldq">Bytes from 32 integers to the next.</param>
    static abstract void Expand(byte* packed, nint piece, byte* q, nint ldq);
}
