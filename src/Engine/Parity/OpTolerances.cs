namespace Engine.Parity;

/// <summary>The tolerances of ggml's operations in a replay.</summary>
/// <remarks>The floors were measured on random LLaMA, GPT-2, BERT and T5 models of widths 64 to 2,048 with up to 500 tokens, and on trained weights. Each
/// is the largest value measured.</remarks>
internal sealed class OpTolerances
{
    private static readonly OpTolerance Moved = new(1e-13, 2e-6, "numbers moved, not computed: measured 0");

    private static readonly OpTolerance RoundedOnce = new(1e-13, 2e-6, "rounded once: measured 0");

    private static readonly OpTolerance AddedInAnyOrder = new(
        2e-12, 3e-5, "what several adapters add, in another order: half an ulp of each sum on the way, 6e-8 of it, which may be some ten times the last");

    private static readonly OpTolerance Normalized = new(1e-13, 5e-6, "sums of squares in another order: measured 2.4e-15 and 4.8e-7; times 40 and 10");

    private static readonly OpTolerance Exponentials = new(1e-12, 3e-5, "other approximations of the exponential: measured 8e-15 and 3e-6; times 130 and 10");

    private static readonly OpTolerance Sums = new(2e-12, 3e-5, "sums of products in another order: measured 1.9e-13 and 2.3e-6 over 8,192 terms; times 10 and 13");

    private static readonly OpTolerance BlockSums = new(
        5e-11, 1e-4, "sums over blocks in another order, which formats with minima take from one another: measured 2.7e-12 and 6.6e-6 (Q4_K); times 19 and 15");

    private static readonly OpTolerance HalfTable = new(
        1e-6, 8e-3, "llama.cpp looks GELU up in a table of 16-bit floats, this arithmetic computes it: half a step of F16 of in- and output, 2⁻¹¹ of eight times the RMS and more");

    private static readonly OpTolerance GatedHalfTable = HalfTable with { Element = 0.03, Reason = HalfTable.Reason + "; times what it gates: measured 1.1e-7 and 7.3e-3; times 9 and 4" };

    private static readonly OpTolerance SameTable = new(
        1e-9, 1e-3, "GELU from a table of 16-bit floats on both sides, whose entries depend on the last bit of a hyperbolic tangent");

    private static readonly OpTolerance RoundedTo16Bits = new(
        2.5e-5, 0.08, "llama.cpp rounds activations to 16 bits beside 16-bit weights, this arithmetic does not: measured 2.8e-6 and 8.9e-3 (BF16); times 9");

    private static readonly OpTolerance RoundedTo8Bits = new(
        1.5e-3, 0.5, "llama.cpp rounds activations to 8 bits beside quantized weights, this arithmetic does not: measured 3.1e-4 and 0.11; times 4.5");

    private static readonly OpTolerance FusedAttention = new(
        1e-4, 0.1, "production keeps keys and values in F16 and sums them in F16: measured 5.4e-7 and 5e-3 after 60 tokens, twenty times as much after 1,500; times 10");

    private static readonly OpTolerance HalfCache = new(
        1e-6, 1e-2, "production keeps keys and values in F16 and rounds what meets them to F16: measured 9.3e-8, times 10; "
            + "2⁻¹¹ of a sum of magnitudes, which may be twenty times the RMS of its row");

    private static readonly OpTolerance OtherHalfWeights = new(
        1e-5, 0.05, "one file holds 16-bit weights and the other does not: BF16 rounds them by 2⁻⁹, an NMSE of 1.3e-6; times 8");

    private static readonly OpTolerance OtherWeights = new(
        0.02, 2, "the two files hold the weights in different types: 4 bits round them by an NMSE of 6e-3; times 3");

    private static readonly OpTolerance OnDevice = new(
        1e-5, 0.05, "GPU drivers compute in F16 or TF32: measured 1e-7 and 1.6e-3 (Vulkan on Mesa's llvmpipe); times 100 and 30");

    private static readonly OpTolerance BlocksOnDevice = RoundedTo8Bits with
    {
        Reason = "a device rounds activations beside quantized weights in a way of its own: measured 3.5e-5 and 0.03 (Q8_0, Vulkan), and up to 3.1e-4 and 0.11 "
            + "where it does not round them at all and this arithmetic does; times 4.5",
    };

    private readonly OpTolerance? _weights;
    private readonly OpTolerance _products;
    private readonly OpTolerance _turned;
    private readonly bool _exact;
    private readonly bool _several;
    private readonly bool _onDevice;
    private readonly bool _quantized;
    private readonly bool _production;

    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="options">The numerics and the reference's arithmetic.</param>
    /// <param name="tokens">T.</param>
    public OpTolerances(ModelCard native, ModelCard reference, LayerOptions options, int tokens)
    {
        _exact = options.Arithmetic == Arithmetic.Exact;
        Precision coarser = FileTypes.Coarsest(native, reference);
        _quantized = coarser == Precision.Quantized;
        _weights = native.FileType == reference.FileType ? null : coarser == Precision.Quantized ? OtherWeights : OtherHalfWeights;
        _products = _weights ?? coarser switch
        {
            Precision.Quantized when _exact => RoundedTo8Bits,
            Precision.Half or Precision.Brain when _exact => RoundedTo16Bits,
            Precision.Quantized => BlockSums,
            _ => Sums,
        };
        _several = native.Adapters.Count > 1;
        _onDevice = !string.Equals(native.Device, "cpu", StringComparison.OrdinalIgnoreCase);
        _production = options.Numerics == Numerics.Production;
        // A float angle is off by half an ulp, and by another for each pair of the recurrence.
        double angle = 1e-6 * Math.Max(20, tokens);
        _turned = new OpTolerance(
            angle * angle / 400, angle, "llama.cpp works angles out from pair to pair in floats: measured 1.4e-7 a position, and a hundredth of its square; times 7 and 12");
    }

    /// <summary>The tolerance of one op.</summary>
    public OpTolerance For(LayerRow row) => row switch
    {
        { Operation: "MUL_MAT" or "MUL_MAT_ID" } when _onDevice && _quantized && IsOfWeights(row) => _weights ?? BlocksOnDevice,
        { Computes: true } when _onDevice => OnDevice,
        _ when _production && row.Name.StartsWith("kqv_out", StringComparison.Ordinal) => FusedAttention,
        { Operation: "GET_ROWS" } when _weights is not null => _weights,
        { Computes: false } => Moved,
        { Operation: "MUL_MAT" or "MUL_MAT_ID" } => IsOfWeights(row) ? _products : _production ? HalfCache : Sums,
        { Operation: "RMS_NORM" or "NORM" } => Normalized,
        { Operation: "ROPE" } => _turned,
        { Operation: "SOFT_MAX" } => Exponentials,
        { Operation: "UNARY" } when row.Name.StartsWith("ffn_gelu", StringComparison.Ordinal) => _exact ? HalfTable : SameTable,
        { Operation: "GLU" } when row.Name.StartsWith("ffn_geglu", StringComparison.Ordinal) => _exact ? GatedHalfTable : SameTable,
        { Operation: "UNARY" or "GLU" } => Exponentials,
        { Operation: "ADD" } when _several => AddedInAnyOrder,
        { Operation: "ADD" or "SUB" or "MUL" or "DIV" or "SCALE" } => RoundedOnce,
        _ => Sums,
    };

    // Queries × keys and probabilities × values are F32 × F32 in strict numerics, whatever the file's type is, and F16 × F16 in production.
    private static bool IsOfWeights(LayerRow row) => !(row.Name.StartsWith("kq-", StringComparison.Ordinal) || row.Name.StartsWith("kqv-", StringComparison.Ordinal));
}

/// <summary>How far one op may be from the native one when it had the same inputs: a measured floor times a factor, with its reason.</summary>
/// <param name="Nmse">The limit for the whole result.</param>
/// <param name="Element">The limit for a single entry, in units of the RMS of its row.</param>
/// <param name="Reason">Where the two come from.</param>
internal sealed record OpTolerance(double Nmse, double Element, string Reason)
{
    public bool Allows(OpMeasure measure) => measure.IsFinite && measure.Nmse <= Nmse && measure.WorstElement <= Element;
}
