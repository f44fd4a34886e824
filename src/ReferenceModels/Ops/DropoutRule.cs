namespace ReferenceModels.Ops;

/// <summary>How a training pass drops elements: a new rule with the same rate and seed drops the same elements, tensor by tensor.</summary>
/// <param name="rate">p, the probability that an element is dropped, within 0 … 1, 1 excluded.</param>
/// <param name="seed">Seed of the whole run or step.</param>
internal sealed class DropoutRule(float rate, ulong seed)
{
    private ulong _tensors;

    /// <summary>p.</summary>
    public float Rate { get; } = rate is >= 0 and < 1 ? rate
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, "Dropout: expected a rate from 0 to below 1.");

    /// <summary>The seed for the next tensor that elements are dropped from.</summary>
    public ulong NextSeed() => Dropout.Mix(unchecked(seed + 0xD1342543DE82EF95 * ++_tensors));
}
