using Engine.Constraints.Terminals;
using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>An open array: first the items that have their own position in the schema, then the others.</summary>
internal sealed class ArrayFrame : Frame
{
    private readonly ArrayForm _form;
    private readonly State _state;

    public ArrayFrame(ArrayForm form, Frame parent, State state) : base(parent)
    {
        (_form, _state) = (form, state);
        Depth = parent.Depth + 1;
        IsPending = parent.IsPending || state.Used.IsPending;
        IsDoubtful = parent.IsDoubtful || (state.Used.IsPending && state.Phase is Phase.String or Phase.Item);
    }

    /// <summary>Which terminal is being read.</summary>
    public enum Phase
    {
        /// <summary>The opening bracket, or a comma.</summary>
        Opening,

        Comma,

        /// <summary>An item that is a string, any other item, or any item of an array whose items may be equal.</summary>
        String,

        Item,

        /// <summary>The closing bracket.</summary>
        Closing,
    }

    /// <param name="Phase">Which terminal is being read.</param>
    /// <param name="Count">Items so far, including the current one; not counted beyond the number that matters.</param>
    /// <param name="Used">The items so far, if no two may be equal.</param>
    /// <param name="Missing">How many items of the kinds with a minimum are still missing; null if there is no minimum.</param>
    /// <param name="Room">How many items of the kinds with a maximum may still come; null if there is no maximum.</param>
    internal readonly record struct State(Phase Phase, int Count, UsedTexts Used, Missing? Missing, Missing? Room);

    protected override int Values => _state.GetHashCode();

    protected override int Own
    {
        get
        {
            if (_state.Phase == Phase.Closing)
            {
                return 0;
            }
            long bytes = 1;
            for (int i = _state.Count; i < Math.Min(_form.Min, _form.Prefix.Count); i++)
            {
                bytes += 1 + (long)_form.Prefix[i].Shortest;
            }
            int missing = _state.Missing?.Sum ?? 0;
            for (int k = 0; missing > 0 && k < _form.Others.Count; k++)
            {
                bytes += _state.Missing![k] * (1 + (long)_form.Others[k].Value.Shortest);
            }
            int more = _form.Min - Math.Max(_state.Count, _form.Prefix.Count) - missing;
            if (more > 0 && _form.Others.Count > 0)
            {
                bytes += more * (1 + (long)_form.Others.Min(kind => kind.Value.Shortest));
            }
            return (int)Math.Min(int.MaxValue, bytes);
        }
    }

    /// <summary>Begins an array.</summary>
    public static void Begin(ArrayForm form, Closure into, Frame parent)
    {
        if (parent.Depth + form.Levels > Levels.Most)
        {
            return;
        }
        Missing? missing = form.Others.Any(kind => kind.Min > 0) ? new Missing([.. form.Others.Select(kind => kind.Min)]) : null;
        Missing? room = form.Others.Any(kind => kind.Max is not null) ? new Missing([.. form.Others.Select(kind => Math.Min(kind.Max ?? MuchRoom, MuchRoom))]) : null;
        var state = new State(Phase.Opening, 0, into.Automaton.Nothing, missing, room);
        into.Add(into.Automaton.Marks.Bracket, into.Automaton.Intern(new ArrayFrame(form, parent, state)));
    }

    private const int MuchRoom = 1 << 20; // for kinds without a maximum

    public override void Resume(Closure into, Reader ended)
    {
        switch (_state.Phase)
        {
            case Phase.Opening:
                OfferItems(into);
                if (MayClose)
                {
                    into.Add(into.Automaton.Marks.CloseBracket, With(into, _state with { Phase = Phase.Closing }));
                }
                break;
            case Phase.Comma:
                OfferItems(into);
                break;
            case Phase.String or Phase.Item when !(_form.IsUnique && _state.Used.IsPending):
                var state = _state with { Used = _form.IsUnique ? _state.Used.With(into.ReadText(_state.Phase == Phase.String)) : _state.Used };
                var after = (ArrayFrame)With(into, state);
                if (after.MayHaveMore(into))
                {
                    into.Add(into.Automaton.Marks.Comma, With(into, state with { Phase = Phase.Comma }));
                }
                if (MayClose)
                {
                    into.Add(into.Automaton.Marks.SpaceCloseBracket, With(into, state with { Phase = Phase.Closing }));
                }
                break;
            case Phase.Closing:
                Parent!.Resume(into, ended);
                break;
        }
    }

    protected override bool Same(Frame other) => other is ArrayFrame frame && ReferenceEquals(frame._form, _form) && frame._state == _state;

    private bool MayClose => _state.Count >= _form.Min && _state.Missing is null or { Sum: 0 };

    private int LevelsLeft => Levels.Most - Depth;

    private void OfferItems(Closure into)
    {
        if (_form.Max is { } max && _state.Count >= max)
        {
            return;
        }
        if (_state.Count < _form.Prefix.Count)
        {
            Offer(into, _form.Prefix[_state.Count], _state.Missing, _state.Room);
            return;
        }
        for (int k = 0; k < _form.Others.Count; k++)
        {
            if (MayHave(k))
            {
                Offer(into, _form.Others[k].Value, _state.Missing?.Without(k), _state.Room?.Without(k));
            }
        }
    }

    private void Offer(Closure into, ValueSpec value, Missing? missing, Missing? room)
    {
        State next = _state with { Phase = Phase.Item, Count = Next(_state.Count), Missing = missing, Room = room };
        if (!_form.IsUnique)
        {
            into.Automaton.Begin(value, into, With(into, next));
            return;
        }
        foreach (ValueForm form in value.Forms)
        {
            if (Remaining(into, form) is { } remaining)
            {
                into.Automaton.Begin(remaining, into, With(into, next with { Phase = remaining is StringForm ? Phase.String : Phase.Item }));
            }
        }
    }

    // The form without the items used so far; null if nothing is left.
    private ValueForm? Remaining(Closure into, ValueForm form)
    {
        switch (form)
        {
            case StringForm text:
                var content = _state.Used.Without(text.Content, areStrings: true, into.Automaton.Space);
                return into.Automaton.Space.IsNothing(content) ? null : new StringForm(content);
            case ScalarForm scalar:
                var rest = _state.Used.Without(scalar.Text, areStrings: false, into.Automaton.Space);
                return into.Automaton.Space.IsNothing(rest) ? null : new ScalarForm(rest);
            default:
                throw new InvalidOperationException("Items that must differ are strings or scalars.");
        }
    }

    // Without a maximum, the count matters only up to what the schema requires.
    private int Next(int count) => _form.Max is null ? Math.Min(count + 1, Math.Max(_form.Prefix.Count, _form.Min)) : count + 1;

    private bool MayHave(int kind) =>
        (_state.Room is null || _state.Room[kind] > 0)
        && _form.Others[kind].Value.Levels <= LevelsLeft
        && (_form.Max is not { } max || _state.Count + 1 + (_state.Missing?.Without(kind).Sum ?? 0) <= max);

    private bool MayHaveMore(Closure into)
    {
        if (_form.Max is { } max && _state.Count >= max)
        {
            return false;
        }
        if (_state.Count < _form.Prefix.Count)
        {
            return _form.Prefix[_state.Count].Levels <= LevelsLeft && IsLeft(into, _form.Prefix[_state.Count]);
        }
        for (int k = 0; k < _form.Others.Count; k++)
        {
            if (MayHave(k) && IsLeft(into, _form.Others[k].Value))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsLeft(Closure into, ValueSpec value)
    {
        if (!_form.IsUnique)
        {
            return true;
        }
        int used = _state.Used.Count, left = 0;
        foreach (ValueForm form in value.Forms)
        {
            left += form switch
            {
                StringForm text => into.Automaton.Space.CountUpTo(text.Content, used + 1),
                ScalarForm scalar => into.Automaton.Space.CountUpTo(scalar.Text, used + 1),
                _ => 0,
            };
        }
        if (left > used)
        {
            return true;
        }
        return !_state.Used.IsPending && value.Forms.Any(form => Remaining(into, form) is not null);
    }

    private Frame With(Closure into, State state) => into.Automaton.Intern(new ArrayFrame(_form, Parent!, state));
}
