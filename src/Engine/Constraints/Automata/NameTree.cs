using Engine.Constraints.Languages;

namespace Engine.Constraints.Automata;

/// <summary>The names of an object's properties as a tree over code points. It tells which names begin with what was read, and which of them may come.</summary>
internal sealed class NameTree
{
    private readonly Node _root = new();
    private readonly Dictionary<(Node, NameFilter), NameState> _states = [];
    private readonly IReadOnlyList<int> _heights;

    /// <param name="names">In the order of the properties.</param>
    /// <param name="heights">The minimum number of nested arrays and objects in the value of each.</param>
    public NameTree(IReadOnlyList<string> names, IReadOnlyList<int> heights)
    {
        _heights = heights;
        for (int i = 0; i < names.Count; i++)
        {
            Node node = _root;
            node.Below.Add(i);
            foreach (System.Text.Rune rune in names[i].EnumerateRunes())
            {
                if (!node.Children.TryGetValue(rune.Value, out Node? child))
                {
                    node.Children.Add(rune.Value, child = new Node());
                }
                node = child;
                node.Below.Add(i);
            }
            node.Index = i;
        }
    }

    /// <summary>Reads one of the names that a filter lets through; null if there is none.</summary>
    public NameState? Read(NameFilter filter) => Find(_root, filter);

    private NameState? Find(Node node, NameFilter filter)
    {
        if (!Any(node, filter))
        {
            return null;
        }
        if (!_states.TryGetValue((node, filter), out NameState? state))
        {
            _states.Add((node, filter), state = new NameState(this, node, filter));
        }
        return state;
    }

    private bool Any(Node node, NameFilter filter)
    {
        int at = node.Below.BinarySearch(filter.First);
        for (at = at < 0 ? ~at : at; at < node.Below.Count && node.Below[at] <= filter.Last; at++)
        {
            if (Lets(filter, node.Below[at]))
            {
                return true;
            }
        }
        return false;
    }

    private bool Lets(NameFilter filter, int index) =>
        index >= filter.First && index <= filter.Last && _heights[index] <= filter.Levels && filter.But?.Contains(index) is not true;

    /// <summary>The part of a name that has been read.</summary>
    internal sealed class NameState(NameTree tree, Node node, NameFilter filter) : TextState
    {
        private TextStep[]? _steps;

        /// <summary>The property whose name was read.</summary>
        public int Index => node.Index;

        public override bool Accepts => node.Index >= 0 && tree.Lets(filter, node.Index);

        public override TextStep[] Steps => _steps ??= FindSteps();

        private TextStep[] FindSteps()
        {
            var steps = new List<TextStep>(node.Children.Count);
            foreach ((int code, Node child) in node.Children)
            {
                if (tree.Find(child, filter) is { } state)
                {
                    steps.Add(new TextStep(code, code, state));
                }
            }
            return [.. steps];
        }
    }

    /// <summary>All names that begin with the same characters.</summary>
    internal sealed class Node
    {
        public SortedList<int, Node> Children { get; } = [];

        public List<int> Below { get; } = [];

        public int Index { get; set; } = -1;
    }
}

/// <summary>Which names may come.</summary>
/// <param name="First">The position of the first one.</param>
/// <param name="Last">The position of the last one.</param>
/// <param name="Levels">How many levels of arrays and objects the value may open.</param>
/// <param name="But">Names that must not come; null for none.</param>
internal readonly record struct NameFilter(int First, int Last, int Levels, IndexSet? But = null);
