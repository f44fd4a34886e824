namespace ReferenceModels.Training.Corpora;

/// <summary>How far the grammar itself could have produced a continuation for the story of the opening: with the same hero and the right
/// pronouns, the same place, thing and friend throughout, in a sensible order.</summary>
/// <param name="Whole">Whether the whole continuation is such a story.</param>
/// <param name="Sentences">Number of sentences.</param>
/// <param name="Right">How many of them the grammar can produce for this hero, place and time, in any plot.</param>
internal sealed record StoryCheck(bool Whole, int Sentences, int Right)
{
    private static readonly string[] Ends = [". ", "! ", "? ", ".\" ", "!\" ", "?\" "];

    /// <summary>Checks the text after an opening.</summary>
    /// <param name="story">The story that the opening belongs to; the model may choose plot, thing and friend.</param>
    /// <param name="continuation">What the model wrote.</param>
    public static StoryCheck Of(Story story, string continuation)
    {
        string text = continuation.Trim() + " ";
        List<Story> stories = [.. story.Others()];
        HashSet<string> known = [.. stories.SelectMany(other => other.Steps().SelectMany(step => step)).Distinct()];
        (int sentences, int right) = (0, 0);
        for (int at = 0; at < text.Length;)
        {
            string? said = known.Where(sentence => text.AsSpan(at).StartsWith(sentence + " ", StringComparison.Ordinal)).MaxBy(sentence => sentence.Length);
            int end = said is not null ? at + said.Length + 1
                : Ends.Select(mark => text.IndexOf(mark, at, StringComparison.Ordinal) is >= 0 and int found ? found + mark.Length : text.Length).Min();
            sentences++;
            right += said is not null ? 1 : 0;
            at = end;
        }
        return new StoryCheck(stories.Any(other => Tells([.. other.Steps()], 0, text)), sentences, right);
    }

    // The sky, step 0, may be omitted; every other step occurs once.
    private static bool Tells(IReadOnlyList<IReadOnlyList<string>> steps, int step, string text) =>
        step == steps.Count ? text.Length == 0
            : (step == 0 && Tells(steps, 1, text))
                || steps[step].Any(sentence => text.StartsWith(sentence + " ", StringComparison.Ordinal) && Tells(steps, step + 1, text[(sentence.Length + 1)..]));
}
