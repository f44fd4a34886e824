using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>Finds the shortest text from a state to an end, breadth first, and remembers it for every state on the way.</summary>
internal sealed class ShortestTexts
{
    private const string Preferred = "aA0 -.:/";

    private readonly Dictionary<TextState, string> _texts = new(ReferenceEqualityComparer.Instance);

    public string From(TextState start)
    {
        if (_texts.TryGetValue(start, out string? known))
        {
            return known;
        }
        var came = new Dictionary<TextState, (TextState? From, int Code)>(ReferenceEqualityComparer.Instance) { [start] = (null, 0) };
        var queue = new Queue<TextState>();
        queue.Enqueue(start);
        while (queue.TryDequeue(out TextState? state))
        {
            if (state.Accepts || _texts.ContainsKey(state))
            {
                string text = state.Accepts ? "" : _texts[state];
                _texts[state] = text;
                (TextState? From, int Code) way = came[state];
                while (way.From is { } from)
                {
                    text = char.ConvertFromUtf32(way.Code) + text;
                    _texts[from] = text;
                    way = came[from];
                }
                return _texts[start];
            }
            foreach (TextStep step in state.Steps)
            {
                if (came.TryAdd(step.Next, (state, Pick(step.First, step.Last))))
                {
                    queue.Enqueue(step.Next);
                }
            }
        }
        throw new InvalidOperationException("A state from which no text ends.");
    }

    /// <summary>The code point of a range that leads to the shortest end, and the state after it.</summary>
    public static (int Code, TextState Next) Choose(TextState text, int first, int last, Readers readers)
    {
        (int Code, TextState Next)? best = null;
        foreach (TextStep step in text.Steps)
        {
            if (step.First <= last && step.Last >= first && (best is null || readers.Shortest(step.Next).Length < readers.Shortest(best.Value.Next).Length))
            {
                best = (Pick(Math.Max(first, step.First), Math.Min(last, step.Last)), step.Next);
            }
        }
        return best ?? throw new InvalidOperationException("A character that cannot come.");
    }

    // Among equally short ones, prefer one that reads well.
    private static int Pick(int first, int last)
    {
        foreach (char each in Preferred)
        {
            if (each >= first && each <= last)
            {
                return each;
            }
        }
        return first < 0x20 && last >= 0x20 ? 0x20 : first;
    }
}
