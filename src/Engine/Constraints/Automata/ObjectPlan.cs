using Engine.Constraints.Schemas;

namespace Engine.Constraints.Automata;

/// <summary>Facts about an object form that do not depend on what has been read.</summary>
internal sealed class ObjectPlan
{
    private readonly int[] _requiredFrom; // by property: how many are required from it on
    private readonly int[] _nextRequired; // by property: the first required one from it on, or the number of properties
    private readonly long[] _bytesFrom;   // by property: UTF-8 bytes of the required ones from it on, each with its comma

    public ObjectPlan(ObjectForm form)
    {
        Form = form;
        int count = form.Properties.Count;
        Names = new NameTree([.. form.Properties.Select(property => property.Name)], [.. form.Properties.Select(property => property.Value.Levels)]);
        (_requiredFrom, _nextRequired, _bytesFrom) = (new int[count + 1], new int[count + 1], new long[count + 1]);
        _nextRequired[count] = count;
        for (int i = count - 1; i >= 0; i--)
        {
            NamedProperty property = form.Properties[i];
            _requiredFrom[i] = _requiredFrom[i + 1] + (property.IsRequired ? 1 : 0);
            _nextRequired[i] = property.IsRequired ? i : _nextRequired[i + 1];
            _bytesFrom[i] = _bytesFrom[i + 1] + (property.IsRequired ? property.Name.Length + 4L + property.Value.Shortest : 0);
            DeepestValue = Math.Max(DeepestValue, property.Value.Levels);
        }
        foreach (PropertyKind kind in form.Others)
        {
            Minima += kind.Min;
        }
        Counts = form.Min > 0 || form.Max is not null;
    }

    public ObjectForm Form { get; }

    public NameTree Names { get; }

    /// <summary>The largest of the minimum depths of the named properties' values.</summary>
    public int DeepestValue { get; }

    /// <summary>How many unnamed properties must come.</summary>
    public int Minima { get; }

    /// <summary>Whether the number of properties matters.</summary>
    public bool Counts { get; }

    public int RequiredFrom(int index) => _requiredFrom[index];

    public int NextRequired(int index) => _nextRequired[index];

    public long BytesFrom(int index) => _bytesFrom[index];

    /// <summary>The optional properties, and some others.</summary>
    public IndexSet Optional(IndexSet others) => With(others, areRequired: false);

    /// <summary>The required properties, and some others.</summary>
    public IndexSet Required(IndexSet others) => With(others, areRequired: true);

    private IndexSet With(IndexSet others, bool areRequired)
    {
        for (int i = 0; i < Form.Properties.Count; i++)
        {
            others = Form.Properties[i].IsRequired != areRequired || others.Contains(i) ? others : others.With(i);
        }
        return others;
    }
}
