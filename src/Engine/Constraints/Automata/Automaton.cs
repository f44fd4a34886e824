using System.Runtime.InteropServices;
using Engine.Constraints.Languages;
using Engine.Constraints.Terminals;
using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>Reads the possible answers under one constraint byte by byte: a stack automaton whose states are made on demand and cached, so that
/// all answers under the constraint share them. Not thread-safe.</summary>
internal sealed class Automaton
{
    private const int MaxConfigurations = 20_000; // the caches are cleared beyond this
    private const int MaxFrames = 2_000_000;      // made in total, because the languages made for them stay in memory

    private readonly Part _root;
    private readonly Dictionary<Frame, Frame> _frames = [];
    private readonly ConfigurationSet _open = new(mayEnd: false);
    private readonly ConfigurationSet _ending = new(mayEnd: true);
    private readonly Dictionary<Reading, Configuration> _single = [];
    private readonly Closure _closure;
    private readonly List<Reading> _kept = [];
    private readonly Dictionary<ObjectForm, ObjectPlan> _plans = new(ReferenceEqualityComparer.Instance);
    private int _numbers;
    private Configuration? _start;

    /// <param name="root">The whole answer.</param>
    /// <param name="space">Makes languages.</param>
    public Automaton(Part root, LanguageSpace space)
    {
        (_root, Space, Readers) = (root, space, new Readers());
        Marks = new Marks(space, Readers);
        _closure = new Closure(this);
    }

    public LanguageSpace Space { get; }

    /// <summary>Whether the named properties of objects may come in any order.</summary>
    public bool AnyOrder { get; init; }

    public Readers Readers { get; private set; }

    public Marks Marks { get; private set; }

    /// <summary>The set of no names and no items.</summary>
    public UsedTexts Nothing { get; private set; } = new();

    /// <summary>Whether so much has been made that a new automaton would take less memory.</summary>
    public bool IsWornOut => _numbers > MaxFrames;

    /// <summary>The configuration before the first byte.</summary>
    public Configuration Start => _start ??= FindStart();

    /// <summary>The configuration after a byte while tokens are being tried, when the automaton does not know the text of names and items.
    /// <see cref="Configuration.Dead"/> if the byte leads nowhere.</summary>
    public Configuration Try(Configuration from, byte next)
    {
        Configuration? known = from.Known(next);
        if (known is null)
        {
            from.Keep(next, known = Step(from, next, null));
        }
        return known;
    }

    /// <summary>The configuration after a byte of the answer.</summary>
    /// <param name="from">The configuration before it.</param>
    /// <param name="written">All bytes of the answer, the new one last.</param>
    public Configuration Take(Configuration from, List<byte> written)
    {
        Configuration next = Try(from, written[^1]);
        return next.IsPending ? Step(from, written[^1], written) : next;
    }

    /// <summary>Drops everything that can be made again.</summary>
    public void Trim()
    {
        int configurations = _open.Count + _ending.Count;
        if (configurations > MaxConfigurations || configurations + _frames.Count + Readers.Count > 5 * MaxConfigurations)
        {
            _open.Clear();
            _ending.Clear();
            _single.Clear();
            _frames.Clear();
            Readers = new Readers();
            Marks = new Marks(Space, Readers);
            Nothing = new UsedTexts();
            _start = null;
        }
    }

    /// <summary>The single object that stands for all frames equal to this one.</summary>
    public Frame Intern(Frame frame)
    {
        if (_frames.TryGetValue(frame, out Frame? known))
        {
            return known;
        }
        frame.Number = _numbers++;
        _frames.Add(frame, frame);
        return frame;
    }

    public ObjectPlan PlanOf(ObjectForm form)
    {
        if (!_plans.TryGetValue(form, out ObjectPlan? plan))
        {
            _plans.Add(form, plan = new ObjectPlan(form));
        }
        return plan;
    }

    /// <summary>Begins to read a value.</summary>
    public void Begin(ValueSpec value, Closure into, Frame after)
    {
        foreach (ValueForm form in value.Forms)
        {
            Begin(form, into, after);
        }
    }

    /// <summary>Begins to read a value of one form.</summary>
    public void Begin(ValueForm form, Closure into, Frame after)
    {
        switch (form)
        {
            case ScalarForm scalar:
                into.Add(Readers.Raw(scalar.Text), after);
                break;
            case StringForm text:
                into.Add(Readers.Quoted(text.Content), after);
                break;
            case ArrayForm array:
                ArrayFrame.Begin(array, into, after);
                break;
            case ObjectForm holder:
                ObjectFrame.Begin(holder, into, after);
                break;
        }
    }

    private Configuration FindStart()
    {
        _closure.Begin(null);
        _root.Begin(_closure, Intern(new EndFrame()));
        return Settle();
    }

    /// <summary>The same place in a text without any constraint. It stands in for a reading that allows any text for the next characters.</summary>
    public Configuration Free(Reading reading) => Single(reading with { Reader = reading.Reader.IsQuoted ? Readers.Quoted(Space.Anything, QuotedReader.Mode.Between, 0) : Readers.Raw(Space.Anything) });

    /// <summary>The configuration that is one reading alone, in which the answer may not end.</summary>
    public Configuration Single(Reading reading)
    {
        if (!_single.TryGetValue(reading, out Configuration? single))
        {
            _single.Add(reading, single = _open.Find([reading]));
        }
        return single;
    }

    private Configuration Step(Configuration from, byte next, List<byte>? written)
    {
        if (from.Readings is [var only])
        {
            // The usual case: a single terminal continues.
            if (only.Reader.Next(next) is not { } after)
            {
                return Configuration.Dead;
            }
            if (!after.IsDone)
            {
                return Single(new Reading(after, only.Frame));
            }
        }
        _closure.Begin(written);
        foreach (Reading reading in from.Readings)
        {
            if (reading.Reader.Next(next) is { } reader)
            {
                _closure.Add(reader, reading.Frame);
            }
        }
        return Settle();
    }

    private Configuration Settle()
    {
        _kept.Clear();
        foreach (Reading reading in _closure.Readings)
        {
            if (reading.Reader.GoesOn)
            {
                _kept.Add(reading);
            }
        }
        if (_kept.Count == 0 && !_closure.MayEnd)
        {
            return Configuration.Dead;
        }
        if (_kept is [var one] && !_closure.MayEnd)
        {
            return Single(one);
        }
        Span<Reading> kept = CollectionsMarshal.AsSpan(_kept);
        if (kept.Length > 1)
        {
            kept.Sort(static (a, b) => a.Frame.Number != b.Frame.Number ? a.Frame.Number.CompareTo(b.Frame.Number) : a.Reader.Number.CompareTo(b.Reader.Number));
        }
        return (_closure.MayEnd ? _ending : _open).Find(kept);
    }
}

/// <summary>The end of the answer.</summary>
internal sealed class EndFrame() : Frame(null)
{
    protected override int Values => 0;

    protected override int Own => 0;

    public override void Resume(Closure into, Reader ended) => into.End();

    protected override bool Same(Frame other) => true;
}
