namespace Engine.Constraints.Languages;

/// <summary>A state of a deterministic automaton over Unicode code points, reached by the text read so far. States compare by reference.</summary>
internal abstract class TextState
{
    /// <summary>Whether the text read so far is a complete text of the language.</summary>
    public abstract bool Accepts { get; }

    /// <summary>Whether any further text, of any length, can be completed to a text of the language. Also false if that is not known.</summary>
    public virtual bool TakesAnything => false;

    /// <summary>What may come next: ascending, disjoint ranges of code points, each with the state it leads to. Only states from which some text can still be completed.</summary>
    public abstract TextStep[] Steps { get; }

    /// <summary>The state after one more code point; null if none can come.</summary>
    public TextState? After(int codePoint) => StepAt(codePoint)?.Next;

    /// <summary>The step that a code point takes; null if it cannot come.</summary>
    public TextStep? StepAt(int codePoint)
    {
        TextStep[] steps = Steps;
        int low = 0, high = steps.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (codePoint < steps[middle].First)
            {
                high = middle - 1;
            }
            else if (codePoint > steps[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return steps[middle];
            }
        }
        return null;
    }

    /// <summary>Whether a code point of a range may come next.</summary>
    public bool MeetsAny(int first, int last)
    {
        foreach (TextStep step in Steps)
        {
            if (step.First <= last && step.Last >= first)
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>Code points from <paramref name="First"/> to <paramref name="Last"/> lead to <paramref name="Next"/>.</summary>
internal readonly record struct TextStep(int First, int Last, TextState Next);
