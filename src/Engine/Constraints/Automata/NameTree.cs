using Engine.Constraints.Languages;

namespace Engine.Constraints.Automata;

/// <summary>The names of an object's properties as a tree over code points: which names begin with what was read, and which of them may come.</summary>
internal sealed class NameTree
{
    private readonly Node _root = new();
    private readonly Dictionary<(Node, int, int, int), NameState> _states = [];
    private readonly IReadOnlyList<int> _heights;

    /// <param name="names">In the order of the properties.</param>
    /// <param name="heights">How many arrays and objects the value of each opens at least.</param>
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

    /// <summary>Reads one of the names from a first to a last one whose value opens no more levels than there are.</summary>
    public NameState? Read(int first, int last, int levels) => Find(_root, first, last, levels);

    private NameState? Find(Node node, int first, int last, int levels)
    {
        if (!Any(node, first, last, levels))
        {
            return null;
        }
        if (!_states.TryGetValue((node, first, last, levels), out NameState? state))
        {
            _states.Add((node, first, last, levels), state = new NameState(this, node, first, last, levels));
        }
        return state;
    }

    private bool Any(Node node, int first, int last, int levels)
    {
        int at = node.Below.BinarySearch(first);
        for (at = at < 0 ? ~at : at; at < node.Below.Count && node.Below[at] <= last; at++)
        {
            if (_heights[node.Below[at]] <= levels)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>What was read of a name.</summary>
    internal sealed class NameState(NameTree tree, Node node, int first, int last, int levels) : TextState
    {
        private List<TextStep>? _steps;

        /// <summary>The property whose name was read.</summary>
        public int Index => node.Index;

        public override bool Accepts => node.Index >= first && node.Index <= last && tree._heights[node.Index] <= levels;

        public override IReadOnlyList<TextStep> Steps => _steps ??= FindSteps();

        private List<TextStep> FindSteps()
        {
            var steps = new List<TextStep>(node.Children.Count);
            foreach ((int code, Node child) in node.Children)
            {
                if (tree.Find(child, first, last, levels) is { } state)
                {
                    steps.Add(new TextStep(code, code, state));
                }
            }
            return steps;
        }
    }

    /// <summary>The names that begin with the same characters.</summary>
    internal sealed class Node
    {
        public SortedList<int, Node> Children { get; } = [];

        public List<int> Below { get; } = [];

        public int Index { get; set; } = -1;
    }
}
