using Engine.Constraints.Grammars;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>A sequence of which some parts have been read.</summary>
internal sealed class SequenceFrame(SequencePart sequence, int index, Frame parent) : Frame(parent)
{
    protected override int Values => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(sequence), index);

    protected override int Own => (int)Math.Min(int.MaxValue, sequence.Parts.Skip(index).Sum(part => (long)part.Shortest));

    public override void Resume(Closure into, Reader ended) => sequence.Begin(index, into, Parent!);

    protected override bool Same(Frame other) => other is SequenceFrame frame && ReferenceEquals(frame.Sequence, sequence) && frame.Index == index;

    private SequencePart Sequence => sequence;

    private int Index => index;
}

/// <summary>A repetition; the count includes the current one.</summary>
internal sealed class RepeatFrame(RepeatPart repeat, int count, Frame parent) : Frame(parent)
{
    protected override int Values => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(repeat), count);

    protected override int Own => (int)Math.Min(int.MaxValue, Math.Max(0, repeat.Min - count) * (long)repeat.OneMore);

    public override void Resume(Closure into, Reader ended)
    {
        repeat.After(count, into, Parent!);
        if (count >= repeat.Min)
        {
            into.Add(into.Automaton.Marks.None, Parent!);
        }
    }

    protected override bool Same(Frame other) => other is RepeatFrame frame && ReferenceEquals(frame.Repeat, repeat) && frame.Count == count;

    private RepeatPart Repeat => repeat;

    private int Count => count;
}

/// <summary>An option of a grammar's rule of which some items have been read.</summary>
internal sealed class RuleFrame(IReadOnlyList<GrammarItem> option, int index, Frame parent) : Frame(parent)
{
    protected override int Values => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(option), index);

    protected override int Own => (int)Math.Min(int.MaxValue, option.Skip(index).Sum(item => item is GrammarItem.Call(var rule) ? (long)rule.Shortest : 0));

    public override void Resume(Closure into, Reader ended) => RulePart.Begin(option, index, into, Parent!);

    protected override bool Same(Frame other) => other is RuleFrame frame && ReferenceEquals(frame.Option, option) && frame.Index == index;

    private IReadOnlyList<GrammarItem> Option => option;

    private int Index => index;
}
