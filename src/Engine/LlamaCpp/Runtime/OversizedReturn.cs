namespace Engine.LlamaCpp.Runtime;

/// <summary>Reserves room after a struct returned by value, so that a library with a longer struct cannot overwrite the stack.</summary>
internal unsafe struct OversizedReturn<T> where T : unmanaged
{
#pragma warning disable CS0169, CS0649, IDE0051 // written by the native side only
    public T Value;
    private fixed byte _room[512];
#pragma warning restore CS0169, CS0649, IDE0051
}
