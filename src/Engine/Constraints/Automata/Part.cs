using System.Text;
using Engine.Constraints.Grammars;
using Engine.Constraints.Languages;
using Engine.Constraints.Terminals;
using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>A piece of an answer, ready to be read.</summary>
internal abstract class Part
{
    /// <summary>The minimum number of UTF-8 bytes.</summary>
    public abstract int Shortest { get; }

    /// <summary>Begins to read it.</summary>
    public abstract void Begin(Closure into, Frame after);

    protected static int Sum(IEnumerable<int> bytes) => (int)Math.Min(int.MaxValue, bytes.Sum(each => (long)each));
}

/// <summary>Text of a regular language, not escaped.</summary>
internal sealed class TextPart(Language text, LanguageSpace space) : Part
{
    public override int Shortest { get; } = Encoding.UTF8.GetByteCount(space.Shortest(text) ?? "");

    public override void Begin(Closure into, Frame after) => into.Add(into.Automaton.Readers.Raw(text), after);
}

/// <summary>A special token, by its text.</summary>
internal sealed class MarkerPart(string token) : Part
{
    private readonly byte[] _bytes = MarkerReader.Bytes(token);

    public override int Shortest => 1;

    public override void Begin(Closure into, Frame after) => into.Add(into.Automaton.Readers.Marker(_bytes, 0), after);
}

/// <summary>JSON that a schema accepts.</summary>
internal sealed class ValuePart(ValueSpec value) : Part
{
    public override int Shortest => value.Shortest;

    public override void Begin(Closure into, Frame after) => into.Automaton.Begin(value, into, after);
}

/// <summary>One part after the other.</summary>
internal sealed class SequencePart(IReadOnlyList<Part> parts) : Part
{
    public IReadOnlyList<Part> Parts => parts;

    public override int Shortest { get; } = Sum(parts.Select(part => part.Shortest));

    public override void Begin(Closure into, Frame after) => Begin(0, into, after);

    /// <summary>Begins with one of the parts.</summary>
    public void Begin(int index, Closure into, Frame after)
    {
        if (index == parts.Count)
        {
            // A terminal that reads nothing, so that what comes after is reached at once.
            into.Add(into.Automaton.Marks.None, after);
            return;
        }
        parts[index].Begin(into, index + 1 == parts.Count ? after : into.Automaton.Intern(new SequenceFrame(this, index + 1, after)));
    }
}

/// <summary>One of several parts.</summary>
internal sealed class EitherPart(IReadOnlyList<Part> options) : Part
{
    public override int Shortest { get; } = options.Min(option => option.Shortest);

    public override void Begin(Closure into, Frame after)
    {
        foreach (Part option in options)
        {
            option.Begin(into, after);
        }
    }
}

/// <summary>A repetition of a part.</summary>
internal sealed class RepeatPart(Part part, Part separator, int min, int? max) : Part
{
    private readonly SequencePart _another = new([separator, part]);

    public int Min => min;

    public override int Shortest { get; } = Sum([.. Enumerable.Repeat(part.Shortest, min), .. Enumerable.Repeat(separator.Shortest, Math.Max(0, min - 1))]);

    /// <summary>The minimum number of bytes of one more repetition.</summary>
    public int OneMore => Sum([part.Shortest, separator.Shortest]);

    public override void Begin(Closure into, Frame after)
    {
        if (min == 0)
        {
            into.Add(into.Automaton.Marks.None, after);
        }
        if (max is null or > 0)
        {
            part.Begin(into, into.Automaton.Intern(new RepeatFrame(this, 1, after)));
        }
    }

    /// <summary>Continues after some repetitions.</summary>
    public void After(int count, Closure into, Frame after)
    {
        if (max is null || count < max)
        {
            int next = max is null ? Math.Min(count + 1, min) : count + 1;
            Frame frame = into.Automaton.Intern(new RepeatFrame(this, Math.Max(1, next), after));
            _another.Begin(into, frame);
        }
    }
}

/// <summary>What a rule of a grammar derives.</summary>
internal sealed class RulePart(GrammarRule rule) : Part
{
    public override int Shortest => rule.Shortest;

    public override void Begin(Closure into, Frame after) => Begin(rule, into, after);

    public static void Begin(GrammarRule rule, Closure into, Frame after)
    {
        if (!into.Enter(rule, after))
        {
            return;
        }
        foreach (IReadOnlyList<GrammarItem> option in rule.Options)
        {
            Begin(option, 0, into, after);
        }
    }

    /// <summary>Begins with one of an option's items. The last item leaves no frame of the rule on the stack.</summary>
    public static void Begin(IReadOnlyList<GrammarItem> option, int index, Closure into, Frame after)
    {
        if (index == option.Count)
        {
            into.Add(into.Automaton.Marks.None, after);
            return;
        }
        Frame next = index + 1 == option.Count ? after : into.Automaton.Intern(new RuleFrame(option, index + 1, after));
        switch (option[index])
        {
            case GrammarItem.Terminal(var text):
                into.Add(into.Automaton.Readers.Raw(text), next);
                break;
            case GrammarItem.Call(var rule):
                Begin(rule, into, next);
                break;
        }
    }
}
