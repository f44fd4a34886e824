using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ1_S, 256 elements in 50 bytes, 8 groups g of 32: x = d·(2·s_g + 1)·(p ± ⅛), p a coordinate, −1, 0 or 1, of one of 2048 points in
/// eight dimensions.
/// <code>
///  0  half    d
///  2  uint8   qs[32]   for each 8 elements the lower 8 bits of a point's index
/// 34  uint16  qh[8]    for each group the upper bits, 3k – 3k + 2 for the k-th 8; s in bits 12–14; bit 15 set for −⅛
/// </code>
/// </summary>
internal readonly struct IQ1_S : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 50;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    /// <summary>Eight times the coordinates of the points.</summary>
    public static unsafe ulong* Points { get; } = (ulong*)Codebook.Expand(Gaps, [-8, 0, 8], 8, 2048);

    private static ReadOnlySpan<byte> Gaps => """
        #$$$$$%'$&$'($$*'$&$''$&$&#($$$#'(&$&$&$$$#)($$*'$&$''$&$'(('&$$&$$%%$$&$-$$*(((&&#1((($##*$$*$&&##$##$$$$$$$+%$$$$##$0&
        .$($$$%#&$(($&-$&$''$&$'(&*'$&$''$&$'($&'#(*#%($&.$$$('$&$''$&$'((%%'$$$$''$&$,#$&'#($(&$&$#%.$$'%($$$$$$$&$&(&######$$&
        **$($2$$*''$&$$$&$*($$*(&$'#$#%&'%##$$$##$&$$(&$%#$##$$#%&$&$$##$$$$$$$$##'####$#$$##$$$##$$##$##$##$$($##*##$$&&$##$$$%
        ###%$#$##(%%$*&.&*($$$$&$$##$$$(($,0$$&$%)##$&$##$##&&*%#$$&&$+))$)$$$$$$&&$((&%,$&$''$$$$'((%%'$&$''$$$$'($&()#&($$$$##
        *''$(('$$%'$&$'(&$(('$$%'$&$'*$$(*##$&$$$(*($&%%.((($&$&$#%&$$,$%#$$$$$$('$'(((('#('$&*,$&$''$&$'($,'$&$,$&$*%$&(,$&$($$
        $(''$'#'$&$,$&$'(&$('$&$''$&$'(&*.&$$$$$$2&%&&#$$$&$##$$&$($$$$##$#'$$$$$&$$'##-($$*(,$&&&+',(.%+($$$$##'#$$$$&$$$$'#(%#
        $&$$##$$&&$$##$$#$####%$##$&##$&$##$#'$$$%%'#$$$$&$$$$%##$#$&$$&%&&#($$*(%&')'$&$&$$$(($$$((%#%#%#$&$$&&&$####$$$$#%($&$
        ##&$$$22$$($$&&0,($##$&$&$$&$&$&$##$($*$($%#&$($##$$####$&##$$$##$$########$$##$&$($##$$&&$&($&$$*$&$$##$&$+'$$%#&+#($##
        ##%%$$$$##$###$#####$####$$($$$##$%$#&$####$$#####$#$$##$$#######$##########$#####$$#%###$####%$##$$###$##%$#$#$#######%
        %#############$$#%&$####$%&%$###'##$$&$&)'$$$$####$$##)'$$$$&(%#$&$$##$(($##$$########$$##$%%%%$####(*%)&#&#$($#%%###&$$
        $$)%$##$$.*$$(*(&##$$$$$%/*($$$&$(#%$(%%%#$(#%&'%$(&$.&$-#&*##%/(&*1#$#%$&$$$$$$$$##$##$$*#%$$####$$$&($$$%#$0##$$#$##$%
        $##$)$#$%#$#%$##''(''##$&$$$$###$#&$%$$&&$##$%$%1$((,$&$((('*'$(&($$$$#%##&$##$$&&%#''($#%.&#/$&$&$$&#%))%$(&$&$,$&$''#$
        $$('$&$''$&$'($$$(($&$$$###'$$(%'$$('$&$''$&$-$&('$&$''$&$/&.$)%&$$&0&.(&$&($$#%$&$##$#'##$$$$$$$$$*0&$(($&##&%#$&%'()&(
        $&$''$&$$%($&(%$$&$''$&$'#'$$*($$$$$$&$$,,$('$&$''$&$'($$/$&$''$&$'(&##((&$($$*#'($$$(($$$$&$$$$$$$&'#$##$&$*$($$&$$$(($
        &(*$$$$$$*$(*$-%$$&&$*&*$$####$##$*$(##$&($&$$##$##$%%%#$$##$$########$$##$%%$&####$##$$$$$$(&%$'$($#%#$#$($'#&#%##*$$(,
        $((&&$$#%&#+(&$(*$$$$$$$##$$&$$$$$$##$&$#%$$($$&$&*++*$$$&$&.($##/$&$''$&$'($$$-$&$''$&$'%%$$$#1$%%$$$$,'$%$/&$#)&&$'(&$
        ('$&$''$&$3(($(%#$$$%###(>$$$$$*$&$($##$(&$$##$&$$2(&%$%*$%%$##%$.&&#$%$$&$&$,$&$-$$$-$&$''$&$'*&%%(*&&$&$-'/$&$,$&$-$$/
        $&$''$&$
        """u8;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 256; i++)
        {
            var qh = ((ushort*)(block + 34))[i / 32];
            var p = ((sbyte*)(Points + Index(block, i / 8)))[i % 8];
            y[i] = d * (2 * (qh >> 12 & 7) + 1) * (p / 8f + ((qh & 0x8000) != 0 ? -0.125f : 0.125f));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        var d = halves[*(ushort*)block];
        var points = Points;
        for (var g = 0; g < 8; g++)
        {
            int qh = ((ushort*)(block + 34))[g];
            // Eighths: the integers are 8p ± 1. An eighth of a half times 15 is still exact.
            scales[g] = d * (2 * (qh >> 12 & 7) + 1) * 0.125f;
            var qs = block + 2 + 4 * g;
            var eighths = Vector256.Create(
                points[qs[0] | qh << 8 & 0x700], points[qs[1] | qh << 5 & 0x700], points[qs[2] | qh << 2 & 0x700], points[qs[3] | qh >> 1 & 0x700]).AsSByte();
            (eighths + Vector256.Create((sbyte)(1 - (qh >> 15 << 1)))).Store(scratch + 32 * g);
        }
        return scratch;
    }

    private static unsafe int Index(byte* block, int k) => block[2 + k] | (((ushort*)(block + 34))[k / 4] >> (3 * (k % 4)) & 7) << 8;
}
