namespace Engine.LlamaCpp;

/// <summary>One of the correct ways in which llama.cpp can compute the same thing, to measure how far apart they are.
/// Users are served by <see cref="AsServed"/>.</summary>
/// <param name="Plugin">File of the CPU plugin to load alone; null for the one that suits this machine best. One per process.</param>
/// <param name="Repacks">Whether quantized weights may be copied into another order.</param>
/// <param name="FlashAttention">Null for what the numerics ask for.</param>
/// <param name="MicroBatch">Tokens evaluated at once; null for the engine's own choice. An encoder always takes a text in one piece.</param>
/// <param name="BatchedRequests">How many score requests there will be, where they are to be evaluated side by side (<see cref="BatchOfEight"/>); 0 if each is alone.</param>
internal sealed record NativeVariant(string? Plugin = null, bool Repacks = true, bool? FlashAttention = null, int? MicroBatch = null, int BatchedRequests = 0)
{
    public static NativeVariant AsServed { get; } = new();
}
