namespace ReferenceModels.Quantization;

/// <summary>
/// Q4_0, 32 elements in 18 bytes: x = d·(q − 8).
/// <code>
///  0  half   d
///  2  uint8  qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct Q4_0 : IBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        var qs = block + 2;
        for (var i = 0; i < 16; i++)
        {
            y[i] = ((qs[i] & 15) - 8) * d;
            y[i + 16] = ((qs[i] >> 4) - 8) * d;
        }
    }
}
