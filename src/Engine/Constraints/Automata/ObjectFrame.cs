using Engine.Constraints.Languages;
using Engine.Constraints.Terminals;
using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>An open object: first the named properties in order, then the others, with no name twice.</summary>
internal sealed class ObjectFrame : Frame
{
    private const int SomeRequired = -2; // instead of a property's position: one of the required properties, in any order
    private const int SomeNamed = -1;    // one of the optional properties

    private readonly ObjectPlan _plan;
    private readonly State _state;

    public ObjectFrame(ObjectPlan plan, Frame parent, State state) : base(parent)
    {
        (_plan, _state) = (plan, state);
        Depth = parent.Depth + 1;
        IsPending = parent.IsPending || state.Used.IsPending;
        IsDoubtful = parent.IsDoubtful || (state.Used.IsPending && state.Phase == Phase.OtherName);
    }

    /// <summary>Which terminal is being read.</summary>
    public enum Phase
    {
        /// <summary>The opening brace, or a comma.</summary>
        Opening,

        Comma,

        /// <summary>A name, and the colon after it.</summary>
        Name,

        OtherName,

        Colon,

        /// <summary>A value.</summary>
        Value,

        /// <summary>The closing brace.</summary>
        Closing,
    }

    /// <param name="Phase">Which terminal is being read.</param>
    /// <param name="Index">The first named property that may still come.</param>
    /// <param name="Current">The property being read: its position among the named ones, or the bitwise complement of its kind's position among the
    /// others. For a name that may belong to several properties, one of the two constants above.</param>
    /// <param name="Count">Properties so far, including the current one; 0 if the count does not matter.</param>
    /// <param name="Used">The names so far that are not those of named properties.</param>
    /// <param name="Missing">How many properties of the kinds with a minimum are still missing, by kind; null if there is no minimum.</param>
    /// <param name="Seen">The named properties so far, if they may come in any order; null if they come in the schema's.</param>
    internal readonly record struct State(Phase Phase, int Index, int Current, int Count, UsedTexts Used, Missing? Missing, IndexSet? Seen = null);

    protected override int Values => _state.GetHashCode();

    protected override int Own
    {
        get
        {
            if (_state.Phase == Phase.Closing)
            {
                return 0;
            }
            long left = _state is { Phase: Phase.Name, Current: >= 0 } ? _plan.BytesFrom(_state.Current + 1) : BytesLeft;
            long bytes = 1 + left + BytesMissing + _state.Phase switch
            {
                Phase.Name => _state.Current >= 0 ? 1 + (long)Named(_state.Current).Value.Shortest : _state.Current == SomeRequired ? -ShortestRequiredName : 2,
                Phase.Colon => _state.Current >= 0 ? Named(_state.Current).Value.Shortest : Form.Others[~_state.Current].Value.Shortest,
                Phase.OtherName => 1 + (long)Form.Others[~_state.Current].Value.Shortest,
                _ => 0,
            };
            return (int)Math.Min(int.MaxValue, bytes);
        }
    }

    private ObjectForm Form => _plan.Form;

    /// <summary>Begins an object.</summary>
    public static void Begin(ObjectForm form, Closure into, Frame parent)
    {
        if (parent.Depth + form.Levels > Levels.Most)
        {
            return;
        }
        ObjectPlan plan = into.Automaton.PlanOf(form);
        Missing? missing = plan.Minima == 0 ? null : new Missing([.. form.Others.Select(kind => kind.Min)]);
        var state = new State(Phase.Opening, 0, 0, 0, into.Automaton.Nothing, missing, into.Automaton.AnyOrder ? new IndexSet(form.Properties.Count) : null);
        into.Add(into.Automaton.Marks.Brace, into.Automaton.Intern(new ObjectFrame(plan, parent, state)));
    }

    public override void Resume(Closure into, Reader ended)
    {
        switch (_state.Phase)
        {
            case Phase.Opening:
                OfferNames(into);
                if (MayClose)
                {
                    into.Add(into.Automaton.Marks.CloseBrace, With(into, _state with { Phase = Phase.Closing }));
                }
                break;
            case Phase.Comma:
                OfferNames(into);
                break;
            case Phase.Name:
                AfterName(into, ((NameTree.NameState)ended.Text).Index, _state.Used, _state.Missing);
                break;
            case Phase.OtherName when !_state.Used.IsPending:
                AfterName(into, _state.Current, _state.Used.With(into.ReadText(isString: true)), _state.Missing?.Without(~_state.Current));
                break;
            case Phase.Colon:
                ValueSpec value = _state.Current >= 0 ? Named(_state.Current).Value : Form.Others[~_state.Current].Value;
                into.Automaton.Begin(value, into, With(into, _state with { Phase = Phase.Value, Current = 0 }));
                break;
            case Phase.Value:
                if (MayHaveMore(into))
                {
                    into.Add(into.Automaton.Marks.Comma, With(into, _state with { Phase = Phase.Comma }));
                }
                if (MayClose)
                {
                    into.Add(into.Automaton.Marks.SpaceCloseBrace, With(into, _state with { Phase = Phase.Closing }));
                }
                break;
            case Phase.Closing:
                Parent!.Resume(into, ended);
                break;
        }
    }

    protected override bool Same(Frame other) => other is ObjectFrame frame && ReferenceEquals(frame._plan, _plan) && frame._state == _state;

    private bool MayClose => RequiredLeft == 0 && _state.Missing is null or { Sum: 0 } && _state.Count >= Form.Min;

    private int LevelsLeft => Levels.Most - Depth;

    private int RequiredLeft => _state.Seen is null ? _plan.RequiredFrom(_state.Index) : UnseenRequired(_state.Seen);

    private long BytesLeft
    {
        get
        {
            long bytes = _plan.BytesFrom(_state.Index);
            for (int i = 0; _state.Seen is { } seen && i < Form.Properties.Count; i++)
            {
                bytes -= seen.Contains(i) ? _plan.BytesFrom(i) - _plan.BytesFrom(i + 1) : 0;
            }
            return bytes;
        }
    }

    private long BytesMissing
    {
        get
        {
            long bytes = 0;
            for (int k = 0; _state.Missing is { } missing && k < Form.Others.Count; k++)
            {
                bytes += missing[k] * (4L + Form.Others[k].Value.Shortest);
            }
            return bytes;
        }
    }

    private int ShortestRequiredName
    {
        get
        {
            int shortest = int.MaxValue;
            for (int i = 0; i < Form.Properties.Count; i++)
            {
                shortest = Named(i).IsRequired && !_state.Seen!.Contains(i) ? Math.Min(shortest, Named(i).Name.Length) : shortest;
            }
            return shortest == int.MaxValue ? 0 : shortest;
        }
    }

    /// <summary>Whether an optional property would take the place of a required one.</summary>
    private bool HasRoomForRequiredOnly => Form.Max is { } max && _state.Count + 1 + RequiredLeft + (_state.Missing?.Sum ?? 0) > max;

    private int UnseenRequired(IndexSet seen)
    {
        int count = 0;
        for (int i = 0; i < Form.Properties.Count; i++)
        {
            count += Named(i).IsRequired && !seen.Contains(i) ? 1 : 0;
        }
        return count;
    }

    private void AfterName(Closure into, int current, UsedTexts used, Missing? missing) => into.Add(into.Automaton.Marks.Colon, With(into, new State(
        Phase.Colon, _state.Seen is not null ? 0 : current >= 0 ? current + 1 : Form.Properties.Count, current, _plan.Counts ? _state.Count + 1 : 0, used, missing,
        current >= 0 ? _state.Seen?.With(current) : _state.Seen)));

    private void OfferNames(Closure into)
    {
        int levels = _plan.DeepestValue <= LevelsLeft ? int.MaxValue : LevelsLeft;
        if (_state.Seen is { } seen)
        {
            OfferBut(_plan.Optional(seen), SomeRequired);
            if (!HasRoomForRequiredOnly)
            {
                OfferBut(_plan.Required(seen), SomeNamed);
            }

            void OfferBut(IndexSet but, int current)
            {
                if (_plan.Names.Read(new NameFilter(0, Form.Properties.Count - 1, levels, but)) is { } names)
                {
                    into.Add(into.Automaton.Readers.Quoted(names), With(into, _state with { Phase = Phase.Name, Current = current }));
                }
            }
        }
        else if (NamedRange(into) is var (first, last) && first <= last)
        {
            bool endsRequired = Named(last).IsRequired;
            if (endsRequired)
            {
                Offer(last, last, last);
                last--;
            }
            if (first <= last)
            {
                Offer(first, last, SomeNamed);
            }

            void Offer(int from, int to, int current)
            {
                if (_plan.Names.Read(new NameFilter(from, to, levels)) is { } names)
                {
                    into.Add(into.Automaton.Readers.Quoted(names), With(into, _state with { Phase = Phase.Name, Current = current }));
                }
            }
        }
        if (_state.Seen is null && RequiredLeft > 0)
        {
            return;
        }
        for (int k = 0; k < Form.Others.Count; k++)
        {
            if (MayHaveOther(into, k))
            {
                Language names = _state.Used.Without(Form.Others[k].Names, areStrings: true, into.Automaton.Space);
                if (!into.Automaton.Space.IsNothing(names))
                {
                    into.Add(into.Automaton.Readers.Quoted(names), With(into, _state with { Phase = Phase.OtherName, Current = ~k }));
                }
            }
        }
    }

    /// <summary>The named properties that may come next: none beyond the next required one, so that no required one is skipped, and none that would leave
    /// too few or too many.</summary>
    private (int First, int Last) NamedRange(Closure into)
    {
        int count = Form.Properties.Count, first = _state.Index;
        int required = _plan.NextRequired(first);
        int last = Math.Min(required, count - 1);
        if (HasRoomForRequiredOnly)
        {
            first = required;
        }
        if (_state.Count + 1 < Form.Min && Form.Min - _state.Count - 1 - OthersLeft(into) is > 0 and var wanted)
        {
            last = Math.Min(last, count - 1 - wanted);
        }
        return (first, last);
    }

    private bool MayHaveMore(Closure into)
    {
        if (_state.Seen is { } seen)
        {
            bool onlyRequired = HasRoomForRequiredOnly;
            for (int i = 0; i < Form.Properties.Count; i++)
            {
                if (!seen.Contains(i) && (!onlyRequired || Named(i).IsRequired) && Named(i).Value.Levels <= LevelsLeft)
                {
                    return true;
                }
            }
        }
        else if (NamedRange(into) is var (first, last) && first <= last && (_plan.RequiredFrom(first) > 0 || _plan.DeepestValue <= LevelsLeft || AnyFits(first, last)))
        {
            return true;
        }
        if (_state.Seen is null && RequiredLeft > 0)
        {
            return false;
        }
        for (int k = 0; k < Form.Others.Count; k++)
        {
            if (MayHaveOther(into, k))
            {
                return true;
            }
        }
        return false;
    }

    private bool AnyFits(int first, int last)
    {
        for (int i = first; i <= last; i++)
        {
            if (Named(i).Value.Levels <= LevelsLeft)
            {
                return true;
            }
        }
        return false;
    }

    private bool MayHaveOther(Closure into, int kind) =>
        Form.Others[kind].Value.Levels <= LevelsLeft
        && (Form.Max is not { } max || _state.Count + 1 + RequiredLeft + (_state.Missing?.Without(kind).Sum ?? 0) <= max)
        && Left(into, Form.Others[kind].Names) > 0;

    // How many names of a finite set are left is known only once the text of all earlier names is known; until then none may come.
    private int Left(Closure into, Language names)
    {
        int used = _state.Used.Count;
        int count = into.Automaton.Space.CountUpTo(names, used + Math.Max(1, Form.Min) + 1);
        return count > used + Math.Max(1, Form.Min) ? int.MaxValue
            : _state.Used.IsPending ? 0
            : into.Automaton.Space.CountUpTo(_state.Used.Without(names, areStrings: true, into.Automaton.Space), count + 1);
    }

    private int OthersLeft(Closure into)
    {
        long left = 0;
        foreach (PropertyKind kind in Form.Others)
        {
            left += Left(into, kind.Names);
        }
        return (int)Math.Min(int.MaxValue, left);
    }

    private NamedProperty Named(int index) => Form.Properties[index];

    private Frame With(Closure into, State state) => into.Automaton.Intern(new ObjectFrame(_plan, Parent!, state));
}
