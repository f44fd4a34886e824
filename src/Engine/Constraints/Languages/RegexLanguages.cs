using System.Text;

namespace Engine.Constraints.Languages;

/// <summary>Turns a regular expression into languages, working from its end to its beginning: what a node and everything after it match follows
/// from what the rest matches. Because ^ and \b depend on the character before, there are three such languages at each position.</summary>
internal sealed class RegexLanguages(LanguageSpace space, string pattern)
{
    /// <summary>Limits: nodes processed, counting repeats; states of loops that contain assertions, and the total size of these states.</summary>
    private const int MaxWork = 20_000, MaxLoopStates = 3_000, MaxLoopSize = 100_000;

    /// <summary>What stands before the position at which a node begins.</summary>
    private enum Left
    {
        Start,
        Word,
        Other,
    }

    /// <summary>The language of the rest of the text.</summary>
    /// <param name="Here">If nothing has been read since the position in question.</param>
    /// <param name="AfterWord">If something has been read and it ends with a word character.</param>
    /// <param name="AfterOther">If something has been read and it ends with another character.</param>
    internal readonly record struct Rest(Language Here, Language AfterWord, Language AfterOther);

    private readonly bool _edges = pattern.Contains("\\b", StringComparison.OrdinalIgnoreCase);
    private int _work;
    private bool _loops;

    /// <summary>A word character.</summary>
    public Language Word { get; } = space.OneOf(CharacterClasses.Words);

    /// <summary>Any other character.</summary>
    public Language Other { get; } = space.OneOf(~CharacterClasses.Words);

    /// <summary>What a whole pattern and the rest of the text after it match, at the start of the text and after something was read.</summary>
    public Rest Before(RegexNode node, Language rest) => Before(node, new(rest, rest, rest), Left.Start);

    /// <summary>Refuses loops whose automaton is not known to be finite.</summary>
    public Language Checked(Language language)
    {
        if (_loops)
        {
            HashSet<Language> seen = [language];
            Queue<Language> open = new(seen);
            long size = 0;
            while (open.TryDequeue(out Language? state))
            {
                size += state.Size;
                if (seen.Count > MaxLoopStates || size > MaxLoopSize)
                {
                    throw TooMuch("loops with assertions inside");
                }
                foreach (TextStep step in state.Steps)
                {
                    if (seen.Add((Language)step.Next))
                    {
                        open.Enqueue((Language)step.Next);
                    }
                }
            }
        }
        return language;
    }

    private Rest Before(RegexNode node, Rest rest, Left left)
    {
        if (++_work > MaxWork)
        {
            throw TooMuch("repeated groups with assertions inside");
        }
        if (!node.Asserts)
        {
            return BeforePlain(node, rest);
        }
        switch (node)
        {
            case RegexNode.AtStart:
                return new(left is Left.Start ? rest.Here : space.Nothing, space.Nothing, space.Nothing);
            case RegexNode.AtEnd:
                return Each(rest, _ => space.Empty, left);
            case RegexNode.WordEdge edge:
                Language word = space.Sequence(Word, space.Anything), other = space.Not(word);
                return Each(rest, left => left is Left.Word == edge.IsEdge ? other : word, left);
            case RegexNode.Ahead ahead:
                Rest found = Before(ahead.Part, new(space.Anything, space.Anything, space.Anything), left);
                Rest all = ahead.Matches ? found : new(space.Not(found.Here), space.Not(found.AfterWord), space.Not(found.AfterOther));
                return new(space.Both(all.Here, rest.Here), space.Both(all.AfterWord, rest.AfterWord), space.Both(all.AfterOther, rest.AfterOther));
            case RegexNode.Sequence sequence:
                return BeforeSequence(sequence.Parts, rest, left);
            case RegexNode.Either either:
                return BeforeOptions(either, rest, left);
            case RegexNode.Repeat repeat:
                return BeforeRepeat(repeat, rest, left);
            default:
                throw new NotSupportedException(node.ToString());
        }
    }

    private Rest Each(Rest rest, Func<Left, Language> next, Left left) => new(
        space.Both(next(left), rest.Here), space.Both(next(Left.Word), rest.AfterWord), space.Both(next(Left.Other), rest.AfterOther));

    private Rest BeforeSequence(IReadOnlyList<RegexNode> parts, Rest rest, Left left)
    {
        for (int end = parts.Count; end > 0;)
        {
            int first = end - 1;
            while (IsSame(rest) && !parts[first].Asserts && first > 0 && !parts[first - 1].Asserts)
            {
                first--;
            }
            rest = first == end - 1 ? Before(parts[first], rest, left) : BeforePlain(new RegexNode.Sequence([.. parts.Take(first..end)]), rest);
            end = first;
        }
        return rest;
    }

    private static bool IsSame(Rest rest) => rest.Here == rest.AfterWord && rest.AfterWord == rest.AfterOther;

    private Rest BeforeOptions(RegexNode.Either either, Rest rest, Left left)
    {
        List<Language> here = [], afterWord = [], afterOther = [];
        List<RegexNode> plain = [.. either.Options.Where(static option => !option.Asserts)];
        if (plain.Count > 0)
        {
            Add(BeforePlain(new RegexNode.Either(plain), rest));
        }
        foreach (RegexNode option in either.Options)
        {
            if (option.Asserts)
            {
                Add(Before(option, rest, left));
            }
        }
        return new(space.Either([.. here]), space.Either([.. afterWord]), space.Either([.. afterOther]));

        void Add(Rest option)
        {
            here.Add(option.Here);
            afterWord.Add(option.AfterWord);
            afterOther.Add(option.AfterOther);
        }
    }

    private Rest BeforeRepeat(RegexNode.Repeat repeat, Rest rest, Left left)
    {
        if (repeat.Max is { } max)
        {
            for (int i = repeat.Min; i < max; i++)
            {
                Rest more = Before(repeat.Part, rest, left);
                Rest either = new(
                    space.Either(rest.Here, more.Here), space.Either(rest.AfterWord, more.AfterWord), space.Either(rest.AfterOther, more.AfterOther));
                if (either == rest)
                {
                    break;
                }
                rest = either;
            }
        }
        else
        {
            rest = BeforeLoop(repeat.Part, rest, left);
        }
        for (int i = 0; i < repeat.Min; i++)
        {
            Rest before = Before(repeat.Part, rest, left);
            if (before == rest)
            {
                break;
            }
            rest = before;
        }
        return rest;
    }

    /// <summary>Any number of rounds, as a language defined in terms of itself. A round that reads nothing adds nothing.</summary>
    private Rest BeforeLoop(RegexNode part, Rest rest, Left left)
    {
        Loop afterWord = space.MakeLoop(rest.AfterWord.Accepts), afterOther = _edges ? space.MakeLoop(rest.AfterOther.Accepts) : afterWord;
        Rest again = new(space.Nothing, afterWord, afterOther);
        Language word = Before(part, again, Left.Word).Here, other = _edges ? Before(part, again, Left.Other).Here : word;
        if (word == space.Nothing && other == space.Nothing)
        {
            again = rest with { Here = space.Nothing };
            return rest with { Here = space.Either(rest.Here, Before(part, again, left).Here) };
        }
        _loops = true;
        afterWord.Body = space.Either(rest.AfterWord, word);
        afterOther.Body = _edges ? space.Either(rest.AfterOther, other) : afterWord.Body;
        return new(space.Either(rest.Here, Before(part, again, left).Here), afterWord, afterOther);
    }

    /// <summary>A part without assertions. If the rest depends on the last character read, the part's texts are split by it.</summary>
    private Rest BeforePlain(RegexNode node, Rest rest)
    {
        Language all = Plain(node);
        if (IsSame(rest))
        {
            Language sequence = space.Sequence(all, rest.Here);
            return new(sequence, sequence, sequence);
        }
        Language read;
        if (rest.AfterWord == rest.AfterOther)
        {
            read = space.Sequence(all.Accepts ? space.Both(all, space.Repeat(space.Any, 1, null)) : all, rest.AfterWord);
        }
        else
        {
            read = space.Either(space.Sequence(Ending(node, all, Word), rest.AfterWord), space.Sequence(Ending(node, all, Other), rest.AfterOther));
        }
        return all.Accepts
            ? new(space.Either(rest.Here, read), space.Either(rest.AfterWord, read), space.Either(rest.AfterOther, read))
            : new(read, read, read);
    }

    /// <summary>The texts of a node that end with a character of a set.</summary>
    private Language Ending(RegexNode node, Language all, Language end) => node switch
    {
        RegexNode.OneOf => space.Both(all, end),
        RegexNode.Repeat { Part: RegexNode.OneOf one } repeat => repeat.Max == 0 ? space.Nothing : space.Sequence(
            space.Repeat(Plain(one), Math.Max(repeat.Min - 1, 0), repeat.Max - 1), space.Both(Plain(one), end)),
        _ => space.Both(all, space.Sequence(space.Anything, end)),
    };

    private Language Plain(RegexNode node)
    {
        switch (node)
        {
            case RegexNode.OneOf one:
                return space.OneOf(one.Set);
            case RegexNode.Repeat repeat:
                return space.Repeat(Plain(repeat.Part), repeat.Min, repeat.Max);
            case RegexNode.Sequence sequence:
                return PlainSequence(sequence.Parts);
            case RegexNode.Either either:
                List<string> texts = [];
                List<Language> options = [];
                foreach (RegexNode option in either.Options)
                {
                    if (option is RegexNode.Sequence literal && TextOf(literal) is { } text)
                    {
                        texts.Add(text);
                    }
                    else
                    {
                        options.Add(Plain(option));
                    }
                }
                options.Add(space.Texts(texts));
                return space.Either([.. options]);
            default:
                throw new NotSupportedException(node.ToString());
        }
    }

    private Language PlainSequence(IReadOnlyList<RegexNode> parts)
    {
        List<Language> languages = [];
        StringBuilder text = new();
        foreach (RegexNode part in parts)
        {
            if (part is RegexNode.OneOf { Only: { } codePoint })
            {
                text.Append(new Rune(codePoint));
                continue;
            }
            Flush();
            languages.Add(Plain(part));
        }
        Flush();
        return space.Sequence([.. languages]);

        void Flush()
        {
            if (text.Length > 0)
            {
                languages.Add(space.Text(text.ToString()));
                text.Clear();
            }
        }
    }

    private static string? TextOf(RegexNode.Sequence sequence)
    {
        StringBuilder text = new();
        foreach (RegexNode part in sequence.Parts)
        {
            if (part is not RegexNode.OneOf { Only: { } codePoint })
            {
                return null;
            }
            text.Append(new Rune(codePoint));
        }
        return text.ToString();
    }

    private InvalidRequestException TooMuch(string of) => new(
        $"Reading the regular expression '{RegexParser.Excerpt(pattern)}': expected what a small automaton can match, found {of} that need a large one. Simplify the pattern.");
}
