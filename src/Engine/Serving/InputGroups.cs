namespace Engine.Serving;

/// <summary>Which inputs are evaluated together: those of similar length.</summary>
internal static class InputGroups
{
    /// <summary>The indices of the inputs, group by group, from the shortest input on. One that is longer than what goes together is alone.</summary>
    /// <param name="maxInputs">The maximum number of inputs of a group.</param>
    /// <param name="maxTokens">The maximum number of tokens that several inputs have together.</param>
    public static IEnumerable<int[]> Of(IReadOnlyList<PassInput> inputs, int maxInputs, int maxTokens)
    {
        var group = new List<int>();
        int tokens = 0;
        foreach (int input in Enumerable.Range(0, inputs.Count).OrderBy(i => inputs[i].Tokens.Length))
        {
            int length = inputs[input].Tokens.Length;
            if (group.Count > 0 && (group.Count == maxInputs || tokens + length > maxTokens))
            {
                yield return [.. group];
                group.Clear();
                tokens = 0;
            }
            group.Add(input);
            tokens += length;
        }
        if (group.Count > 0)
        {
            yield return [.. group];
        }
    }
}
