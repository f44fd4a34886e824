namespace Engine;

/// <summary>What a value of a request or an option must be.</summary>
internal static class ValueRule
{
    /// <param name="doing">What was being done, as the sentence begins.</param>
    /// <param name="holds">Whether the value is as expected.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="expected">What it must be.</param>
    /// <param name="found">What it is.</param>
    /// <param name="holder">What to correct: the option or the request.</param>
    /// <exception cref="InvalidRequestException">It does not hold.</exception>
    public static void Require(string doing, bool holds, string name, string expected, object? found, string holder = "option")
    {
        if (!holds)
        {
            throw new InvalidRequestException(
                FormattableString.Invariant($"{doing}: expected {name} to be {expected}, found {found ?? "null"}. Correct the {holder}."));
        }
    }
}
