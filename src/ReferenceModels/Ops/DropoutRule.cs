namespace ReferenceModels.Ops;

/// <summary>How a training pass drops elements: the same rule from the start gives the same drops, tensor by tensor.</summary>
/// <param name="rate">p, the probability of an element to be dropped, within 0 … 1, 1 excluded.</param>
/// <param name="seed">Of the whole run or step.</param>
internal sealed class DropoutRule(float rate, ulong seed)
{
    private ulong _tensors;

    /// <summary>p.</summary>
    public float Rate { get; } = rate is >= 0 and < 1 ? rate
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, "Dropout: expected a rate from 0 to below 1.");

    /// <summary>The seed of the next tensor that is dropped from.</summary>
    public ulong NextSeed() => Dropout.Mix(unchecked(seed + 0xD1342543DE82EF95 * ++_tensors));
}
