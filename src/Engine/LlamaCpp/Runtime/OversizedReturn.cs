namespace Engine.LlamaCpp.Runtime;

/// <summary>Room after a struct returned by value: a library with a longer one must not write over the stack.</summary>
internal unsafe struct OversizedReturn<T> where T : unmanaged
{
#pragma warning disable CS0169, CS0649, IDE0051 // written by the native side only
    public T Value;
    private fixed byte _room[512];
#pragma warning restore CS0169, CS0649, IDE0051
}
