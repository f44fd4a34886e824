using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>The end of the answer.</summary>
internal sealed class EndFrame() : Frame(null)
{
    protected override int Values => 0;

    protected override int Own => 0;

    public override void Resume(Closure into, Reader ended) => into.End();

    protected override bool Same(Frame other) => true;
}
