namespace ReferenceModels.Quantization;

/// <summary>Products of a quantized weight with tokens in ggml's blocks of 8-bit integers (<see cref="IntegerTokens"/>), for eight rows of the weight at a time.</summary>
/// <remarks>The sums of a block's products are exact, and blocks are added in order, so that a token's result does not depend on its neighbours.</remarks>
internal abstract unsafe class IntegerKernel
{
    /// <summary>Rows of the weight in a panel, one in each lane of a register.</summary>
    public const int Rows = 8;

    /// <summary>The most columns that a panel holds.</summary>
    public const int Depth = 256;

    /// <summary>Tokens that are multiplied with a panel at once.</summary>
    public const int Tokens = 4;

    /// <summary>From this many tokens on, it is faster than <see cref="BlockFormat.Dot"/> and <see cref="BlockFormat.Add"/>.</summary>
    public abstract int FewestTokens { get; }

    /// <summary>Bytes of an integer of a token: 1 or 2.</summary>
    public abstract int ElementBytes { get; }

    /// <summary>The format that tokens are rounded to: <see cref="ActivationFormat.Q8_0"/> or <see cref="ActivationFormat.Q8_K"/>.</summary>
    public abstract ActivationFormat Activations { get; }

    /// <summary>Columns that share a scale of the weight: 16 or 32.</summary>
    public abstract int Group { get; }

    /// <summary>Columns that share a scale of a token.</summary>
    public int ScaleElements => Activations == ActivationFormat.Q8_K ? 256 : 32;

    /// <summary>Bytes of a panel.</summary>
    public abstract int PanelBytes { get; }

    /// <summary>Unpacks columns of eight rows, and prefetches those of the next eight.</summary>
    /// <param name="w">The first row's first block.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">Rows present, at most <see cref="Rows"/>; the last one takes the place of those that are missing.</param>
    /// <param name="n">Columns, at most <see cref="Depth"/>.</param>
    /// <param name="panel">Gets <see cref="PanelBytes"/>.</param>
    public abstract void Pack(byte* w, long stride, int rows, int n, byte* panel);

    /// <summary>Adds the products of a panel with <see cref="Tokens"/> tokens.</summary>
    /// <param name="panel">Eight rows, <paramref name="n"/> columns.</param>
    /// <param name="n">Columns.</param>
    /// <param name="x">The same columns of the tokens.</param>
    /// <param name="y">(tokens, rows).</param>
    /// <param name="ldy">Floats from token to token.</param>
    public abstract void Add(byte* panel, int n, in IntegerTokens x, float* y, long ldy);
}
