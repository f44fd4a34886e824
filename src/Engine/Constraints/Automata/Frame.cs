using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>One level of the stack, with all levels below it: what to do once the current terminal has ended. Frames are
/// immutable, and equal frames of one automaton are one object.</summary>
internal abstract class Frame(Frame? parent)
{
    private int _hash;
    private int _rest = -1;

    /// <summary>The level below; null if the answer ends with this frame.</summary>
    public Frame? Parent { get; } = parent;

    /// <summary>Identifies a frame within its automaton, in the order the frames were made.</summary>
    public int Number { get; set; }

    /// <summary>The number of open arrays and objects.</summary>
    public int Depth { get; protected init; } = parent?.Depth ?? 0;

    /// <summary>Whether a name or an item was read whose text is not known, which happens only while tokens are being tried.</summary>
    public bool IsPending { get; protected init; } = parent is { IsPending: true };

    /// <summary>Whether another name or item was begun after such a one, and may repeat it.</summary>
    public bool IsDoubtful { get; protected init; } = parent is { IsDoubtful: true };

    /// <summary>The minimum number of UTF-8 bytes between the end of the terminal and the end of the answer.</summary>
    public int Rest => _rest >= 0 ? _rest : _rest = (int)Math.Min(int.MaxValue, (long)Own + (Parent?.Rest ?? 0));

    /// <summary>Continues after the terminal.</summary>
    /// <param name="into">Receives the next readings.</param>
    /// <param name="ended">The terminal's last state.</param>
    public abstract void Resume(Closure into, Reader ended);

    /// <summary>Equality as a key: same kind, same level below, same values.</summary>
    public sealed override bool Equals(object? other) =>
        ReferenceEquals(this, other) || (other is Frame frame && frame.GetType() == GetType() && ReferenceEquals(frame.Parent, Parent) && Same(frame));

    public sealed override int GetHashCode() =>
        _hash != 0 ? _hash : _hash = HashCode.Combine(GetType(), Parent is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Parent), Values) | 1;

    /// <summary>A hash of the frame's own values.</summary>
    protected abstract int Values { get; }

    /// <summary>What this level adds to <see cref="Rest"/>.</summary>
    protected abstract int Own { get; }

    /// <summary>Whether the values are those of another frame of the same kind.</summary>
    protected abstract bool Same(Frame other);
}
