namespace Engine.Constraints.Languages;

/// <summary>Digits, with a point or without, whose value is a multiple of m / 10^s. Each state is what may follow when the value so far has a given
/// remainder. Zeros may follow.</summary>
internal sealed class Multiples : Language
{
    private readonly UInt128 _multiple, _remainder;
    private readonly int _scale, _fraction;
    private readonly bool _takesPoint;

    /// <param name="space">Where the states are made.</param>
    /// <param name="multiple">m, less than 2^96.</param>
    /// <param name="scale">s.</param>
    /// <param name="remainder">The digits so far, as an integer, modulo m.</param>
    /// <param name="takesPoint">Whether a point may follow the first digits.</param>
    /// <param name="fraction">How many of the digits are after the point; -1 if there is no point yet.</param>
    public Multiples(LanguageSpace space, UInt128 multiple, int scale, UInt128 remainder, bool takesPoint, int fraction)
        : base(space, IsMultiple(multiple, scale, remainder, fraction), new(Missing(multiple, scale, remainder, fraction), int.MaxValue), isPlain: true, depth: 1) =>
        (_multiple, _scale, _remainder, _takesPoint, _fraction) = (multiple, scale, remainder, takesPoint, fraction);

    internal override int StructureHash => HashCode.Combine(6, _multiple, _scale, _remainder, _takesPoint, _fraction);

    internal override bool IsSame(Language other) => other is Multiples m
        && m._multiple == _multiple && m._scale == _scale && m._remainder == _remainder && m._takesPoint == _takesPoint && m._fraction == _fraction;

    private protected override TextStep[] Derive()
    {
        List<TextStep> steps = [];
        if (_fraction < 0 && _takesPoint)
        {
            Add('.', _remainder, 0);
        }
        for (char digit = '0'; digit <= '9'; digit++)
        {
            if (_fraction < _scale)
            {
                Add(digit, (_remainder * 10 + (uint)(digit - '0')) % _multiple, _fraction < 0 ? -1 : _fraction + 1);
            }
            else if (digit == '0')
            {
                Add(digit, _remainder, _fraction);
            }
        }
        return [.. steps];

        void Add(char read, UInt128 remainder, int fraction)
        {
            if (fraction < 0 || MayBecome(remainder, _scale - fraction))
            {
                StepMerging.Add(steps, read, read, Space.MakeMultiples(_multiple, _scale, remainder, _takesPoint, fraction), Space);
            }
        }
    }

    /// <summary>Whether at most this many more digits can make it a multiple.</summary>
    private bool MayBecome(UInt128 remainder, int digits)
    {
        UInt128 room = 1;
        for (int i = 0; i < digits; i++)
        {
            remainder = remainder * 10 % _multiple;
            room = UInt128.Min(room * 10, _multiple);
        }
        return remainder == 0 || _multiple - remainder < room;
    }

    private static bool IsMultiple(UInt128 multiple, int scale, UInt128 remainder, int fraction)
    {
        for (int i = Math.Max(fraction, 0); i < scale; i++)
        {
            remainder = remainder * 10 % multiple;
        }
        return remainder == 0;
    }

    /// <summary>The minimum number of digits that are still needed.</summary>
    private static int Missing(UInt128 multiple, int scale, UInt128 remainder, int fraction)
    {
        if (IsMultiple(multiple, scale, remainder, fraction))
        {
            return 0;
        }
        if (scale > 0 || fraction >= 0)
        {
            return 1;
        }
        int digits = 0;
        for (UInt128 room = 1; !(remainder == 0 || multiple - remainder < room); digits++)
        {
            remainder = remainder * 10 % multiple;
            room = UInt128.Min(room * 10, multiple);
        }
        return digits;
    }
}
