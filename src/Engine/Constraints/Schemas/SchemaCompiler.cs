using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>One reading of a document. From the root on, it collects goals, each with the values that may meet it.</summary>
internal sealed class SchemaCompiler
{
    private readonly Dictionary<int[], Goal> _goals = new(KeyComparer.Instance);
    private readonly Dictionary<Language, bool> _nothing = [];
    private readonly Dictionary<string, Language> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SchemaNode> _equals = new(StringComparer.Ordinal);
    private readonly Dictionary<SchemaNode[], SchemaNode[]> _branches = [];
    private readonly Dictionary<int, Language> _scalars = [];
    private readonly Queue<Goal> _open = new();
    private readonly List<Goal> _reached = [];
    private readonly ObjectDrafting _objectDrafting;
    private readonly ArrayDrafting _arrayDrafting;
    private SchemaNode _at;
    private Language? _anyCharacter;
    private int _probes;
    private int _work;
    private int _properties;

    public SchemaCompiler(SchemaDocument document, LanguageSpace space)
    {
        (Document, Space, _at) = (document, space, document.Root);
        Literals = new LiteralReading(this);
        Numbers = new NumberReading(this);
        Strings = new StringReading(this);
        Arrays = new ArrayReading(this);
        Objects = new ObjectReading(this);
        _objectDrafting = new ObjectDrafting(this);
        _arrayDrafting = new ArrayDrafting(this);
    }

    public SchemaDocument Document { get; }

    public LanguageSpace Space { get; }

    public LiteralReading Literals { get; }

    public NumberReading Numbers { get; }

    public StringReading Strings { get; }

    public ArrayReading Arrays { get; }

    public ObjectReading Objects { get; }

    /// <summary>The path of the current schema.</summary>
    public string At => _at.Path;

    public Language AnyCharacter => _anyCharacter ??= Space.Range(0, 0x10FFFF);

    /// <summary>Sets the current schema and returns the previous one.</summary>
    public SchemaNode Enter(SchemaNode node)
    {
        SchemaNode before = _at;
        _at = node;
        return before;
    }

    /// <summary>All goals that the root needs, in the order they were found, the root's first.</summary>
    public List<Goal> Goals()
    {
        LiteralList root = new(Document);
        root.Add(Document.Root);
        if (GoalOf(root) is not Goal first)
        {
            throw SchemaRefusal.At("#", "nothing meets the schema");
        }
        Queue(first);
        while (_open.TryDequeue(out Goal? goal))
        {
            _at = goal.Literals.Count > 0 ? goal.Literals[0].Node : Document.Root;
            try
            {
                Answer(goal);
            }
            catch (InvalidRequestException e) when (!e.Message.StartsWith("Reading a JSON schema", StringComparison.Ordinal))
            {
                throw SchemaRefusal.Of(At, e);
            }
        }
        return _reached;
    }

    /// <summary>The goal for some conditions; null if nothing can meet them.</summary>
    public Goal? GoalOf(LiteralList asked, bool isCanonical = false)
    {
        if (asked.IsNever)
        {
            return null;
        }
        int[] key = asked.Key(isCanonical);
        if (!_goals.TryGetValue(key, out Goal? goal))
        {
            if (_goals.Count == SchemaLimits.MaxGoals)
            {
                throw SchemaRefusal.TooLarge(At, $"at most {SchemaLimits.MaxGoals} values that differ in what is asked of them");
            }
            _goals[key] = goal = new Goal(asked.All, asked.Types, isCanonical);
        }
        return goal;
    }

    /// <summary>Whether a value may meet the conditions, as far as a quick look can tell.</summary>
    public bool MayBeMet(LiteralList asked) => GoalOf(asked) is Goal goal && MayBeMet(goal);

    public bool MayBeMet(Goal goal)
    {
        if (goal.IsProbed || _probes == SchemaLimits.DeepestProbe)
        {
            return goal.MayBeMet;
        }
        goal.IsProbed = true;
        _probes++;
        goal.MayBeMet = Meets(JsonTypes.Null | JsonTypes.Boolean, () => LiteralsOf(goal) != 0)
            || Meets(JsonTypes.Number, () => !Numbers.Of(goal.Literals).IsNone(Space))
            || Meets(JsonTypes.String, () => !IsNothing(Strings.Of(goal.Literals)))
            || Meets(JsonTypes.Array, () => Arrays.MayBeMet(goal.Literals))
            || Meets(JsonTypes.Object, () => Objects.MayBeMet(goal.Literals));
        _probes--;
        return goal.MayBeMet;

        bool Meets(JsonTypes type, Func<bool> meets) => (goal.Types & type) != 0 && meets();
    }

    public bool IsNothing(Language language)
    {
        if (!_nothing.TryGetValue(language, out bool isNothing))
        {
            _nothing[language] = isNothing = Space.IsNothing(language);
        }
        return isNothing;
    }

    /// <summary>The texts in which a pattern is found.</summary>
    public Language Pattern(SchemaNode node, string keyword, string pattern)
    {
        if (!_patterns.TryGetValue(pattern, out Language? language))
        {
            try
            {
                _patterns[pattern] = language = EcmaRegex.Search(Space, pattern);
            }
            catch (InvalidRequestException e)
            {
                throw SchemaRefusal.Of($"{node.Path}/{keyword}", e);
            }
        }
        return language;
    }

    /// <summary>A schema that only this value meets.</summary>
    public SchemaNode Equal(SchemaNode node, JsonElement value)
    {
        string text = value.GetRawText();
        if (_equals.TryGetValue(text, out SchemaNode? equal))
        {
            return equal;
        }
        equal = Document.Made(node);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                equal.Types = JsonTypes.Object;
                equal.Properties = [];
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    equal.Properties.Add((property.Name, Equal(node, property.Value)));
                }
                equal.Required = [.. equal.Properties.Select(property => property.Name).Distinct(StringComparer.Ordinal)];
                equal.AdditionalProperties = Document.Never;
                break;
            case JsonValueKind.Array:
                equal.Types = JsonTypes.Array;
                equal.Prefix = [.. value.EnumerateArray().Select(item => Equal(node, item))];
                equal.Items = Document.Never;
                equal.MinItems = equal.Prefix.Length;
                break;
            default:
                equal.Enums = [[value]];
                break;
        }
        return _equals[text] = equal;
    }

    /// <summary>Counts steps of combining alternatives.</summary>
    public void Count(int steps = 1)
    {
        _work += steps;
        if (_work > SchemaLimits.MaxWork)
        {
            throw SchemaRefusal.TooLarge(At, $"at most {SchemaLimits.MaxWork:N0} steps of putting alternatives together");
        }
    }

    /// <summary>The branches of a oneOf. Branches that are constants, all different, are merged into one.</summary>
    public SchemaNode[] Branches(SchemaNode[] oneOf)
    {
        if (_branches.TryGetValue(oneOf, out SchemaNode[]? known))
        {
            return known;
        }
        List<SchemaNode> others = [];
        List<JsonElement> values = [];
        HashSet<string> texts = new(StringComparer.Ordinal);
        bool isDistinct = true;
        foreach (SchemaNode part in oneOf)
        {
            SchemaNode branch = Document.Simplify(part);
            if (branch.Enums is [JsonElement[] some] && branch.Constants is HashSet<string> constants && branch.IsEnumAlone)
            {
                isDistinct &= !texts.Overlaps(constants);
                texts.UnionWith(constants);
                values.AddRange(some);
            }
            else
            {
                others.Add(part);
            }
        }
        if (!isDistinct || values.Count == 0)
        {
            return _branches[oneOf] = oneOf;
        }
        SchemaNode merged = Document.Made(oneOf[0]);
        merged.Enums = [[.. values]];
        return _branches[oneOf] = [.. others, merged];
    }

    /// <summary>Refuses an alternative of a value beyond the limit.</summary>
    /// <param name="before">How many there are without it.</param>
    public void CountForm(int before)
    {
        if (before >= SchemaLimits.MaxForms)
        {
            throw SchemaRefusal.TooLarge(At, $"at most {SchemaLimits.MaxForms} alternatives of one value");
        }
    }

    public void CountProperties(int count)
    {
        _properties += count;
        if (_properties > SchemaLimits.MaxProperties)
        {
            throw SchemaRefusal.TooLarge(At, $"at most {SchemaLimits.MaxProperties} properties in all alternatives");
        }
    }

    private int LiteralsOf(Goal goal) =>
        Literals.Of(goal.Literals)
        & (((goal.Types & JsonTypes.Null) != 0 ? LiteralReading.Null : 0) | ((goal.Types & JsonTypes.Boolean) != 0 ? LiteralReading.True | LiteralReading.False : 0));

    private void Queue(Goal goal)
    {
        if (!goal.IsQueued)
        {
            goal.IsQueued = true;
            _open.Enqueue(goal);
            _reached.Add(goal);
        }
    }

    private void Answer(Goal goal)
    {
        if (ScalarsOf(goal) is Language scalars && !IsNothing(scalars))
        {
            goal.Scalars = new ScalarForm(scalars);
        }
        if ((goal.Types & JsonTypes.String) != 0 && Strings.Of(goal.Literals) is Language content && !IsNothing(content))
        {
            goal.Strings = new StringForm(content);
        }
        if ((goal.Types & JsonTypes.Array) != 0)
        {
            foreach (ArrayFacts facts in Arrays.Of(goal.Literals))
            {
                _arrayDrafting.Draft(facts, goal.Arrays);
            }
        }
        if ((goal.Types & JsonTypes.Object) != 0)
        {
            foreach (ObjectFacts facts in Objects.Of(goal.Literals))
            {
                _objectDrafting.Draft(facts, goal.Objects);
            }
        }
        QueueParts(goal);
    }

    /// <summary>The texts of null, Booleans and numbers; null for none.</summary>
    private Language? ScalarsOf(Goal goal)
    {
        int set = (goal.Types & (JsonTypes.Null | JsonTypes.Boolean)) != 0 ? LiteralsOf(goal) : 0;
        NumberSet numbers = (goal.Types & JsonTypes.Number) != 0 ? Numbers.Of(goal.Literals) : NumberSet.None;
        int key = numbers == NumberSet.None ? set : numbers == NumberSet.All ? set | 8 | (goal.IsCanonical ? 16 : 0) : -1;
        if (key == 0 || _scalars.TryGetValue(key, out Language? known))
        {
            return key == 0 ? null : _scalars[key];
        }
        List<string> literals = [];
        foreach ((int bit, string text) in (ReadOnlySpan<(int, string)>)[(LiteralReading.Null, "null"), (LiteralReading.True, "true"), (LiteralReading.False, "false")])
        {
            if ((set & bit) != 0)
            {
                literals.Add(text);
            }
        }
        Language texts = Space.Either(Space.Texts(literals), numbers.Texts(Space, goal.IsCanonical));
        if (key > 0)
        {
            _scalars[key] = texts;
        }
        return texts;
    }

    private void QueueParts(Goal goal)
    {
        foreach (ArrayDraft array in goal.Arrays)
        {
            foreach (Goal item in array.Prefix)
            {
                Queue(item);
            }
            foreach ((Goal item, _, _) in array.Others)
            {
                Queue(item);
            }
        }
        foreach (ObjectDraft draft in goal.Objects)
        {
            foreach ((_, Goal value, _) in draft.Properties)
            {
                Queue(value);
            }
            foreach ((_, Goal value, _) in draft.Others)
            {
                Queue(value);
            }
        }
    }

    private sealed class KeyComparer : IEqualityComparer<int[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] key)
        {
            HashCode hash = new();
            foreach (int part in key)
            {
                hash.Add(part);
            }
            return hash.ToHashCode();
        }
    }
}
