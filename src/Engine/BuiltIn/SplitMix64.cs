namespace Engine.BuiltIn;

/// <summary>Steele, Lea and Flood's generator (doi:10.1145/2660193.2660195). Not System.Random, whose sequence may change.</summary>
internal sealed class SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from −1 to 1 with 24 bits, exact in single precision and so the same on every machine.</summary>
    public float NextSigned() => (int)(Next() >> 39) * (1f / (1 << 24)) - 1f;

    private ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
