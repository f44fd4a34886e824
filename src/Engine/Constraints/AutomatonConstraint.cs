using Engine.Constraints.Automata;

namespace Engine.Constraints;

/// <summary>One answer under a constraint that is an automaton.</summary>
internal sealed class AutomatonConstraint(CompiledConstraint compiled) : IFinishable
{
    private readonly List<byte> _written = [];
    private Configuration _now = compiled.Start;

    public bool MayEnd => _now.MayEnd;

    public void Allow(Span<ulong> tokens) => compiled.Allow(_now, _written, tokens);

    public void Accept(int token) => _now = compiled.Accept(_now, token, _written);

    public IReadOnlyList<int>? ShortestEnd(int? after) => compiled.ShortestEnd(_now, _written, after);

    public int FewestBytes(int? after) => compiled.FewestBytes(_now, _written, after);
}
