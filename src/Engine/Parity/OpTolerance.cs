namespace Engine.Parity;

/// <summary>How far one op may be from the native one when it had the same inputs: a measured floor times a factor, with its reason.</summary>
/// <param name="Nmse">Of the whole result.</param>
/// <param name="Element">Of a single entry, in units of the RMS of its row.</param>
/// <param name="Reason">Where the two come from.</param>
internal sealed record OpTolerance(double Nmse, double Element, string Reason)
{
    public bool Allows(OpMeasure measure) => measure.IsFinite && measure.Nmse <= Nmse && measure.WorstElement <= Element;
}
