using System.Text;
using Engine.Constraints.Languages;

namespace Engine.Tests.Constraints.Languages;

/// <summary>Texts that an automaton itself makes, by steps at random.</summary>
internal static class RandomTexts
{
    /// <summary>A text of the language; null if it grew beyond a length. Fails where no step is left before the text may end.</summary>
    public static string? Walk(TextState state, Random random, int longest = 80)
    {
        StringBuilder text = new();
        while (!(state.Accepts && (state.Steps.Length == 0 || random.Next(5) == 0)))
        {
            Assert.True(state.Steps.Length > 0, $"After '{text}' nothing may follow, and the text may not end.");
            if (text.Length > longest)
            {
                return null;
            }
            TextStep step = state.Steps[random.Next(state.Steps.Length)];
            int codePoint = step.First >= 0xD800 ? step.First : random.Next(step.First, Math.Min(step.Last, 0xD7FF) + 1);
            text.Append(new Rune(codePoint));
            state = step.Next;
        }
        return text.ToString();
    }
}
