using Engine.Constraints.Languages;

namespace Engine.Tests.Constraints.Languages;

public sealed class LanguageSpaceTests
{
    private const string Face = "\U0001F600";
    private static readonly string[] Letters = ["a", "b", Face];
    private readonly LanguageSpace _space = new();

    /// <summary>The judge: the same operations on plain sets of all texts of up to four letters.</summary>
    [Fact]
    public void Random_expressions_hold_the_texts_that_sets_hold()
    {
        Random random = new(1);
        string[] all = [.. TextsUpTo(4)];
        for (int i = 0; i < 800; i++)
        {
            LanguageSpace space = new();
            (Language language, HashSet<string> expected) = Make(space, random, all, random.Next(6));
            language = space.Both(language, space.Repeat(space.Either(space.Text("a"), space.Text("b"), space.Text(Face)), 0, 4));
            foreach (string text in all)
            {
                Assert.True(space.Contains(language, text) == expected.Contains(text), $"Expression {i}: '{text}'");
            }
            Assert.Equal(expected.Count == 0, space.IsNothing(language));
            Assert.Equal(expected.Count, space.CountUpTo(language, 1000));
            Assert.Equal(Math.Min(expected.Count, 7), space.CountUpTo(language, 7));
            string? shortest = space.Shortest(language);
            Assert.Equal(expected.Count == 0 ? -1 : expected.Min(Length), shortest is null ? -1 : Length(shortest));
            if (expected.Count > 0)
            {
                Assert.Contains(shortest!, expected);
                Assert.Contains(RandomTexts.Walk(language, random)!, expected);
            }
            AssertOrdered(language, new HashSet<TextState>());
        }
    }

    [Fact]
    public void Equal_expressions_are_one_object()
    {
        Language a = _space.Text("a"), b = _space.Text("b");
        Assert.Same(_space.Either(a, b, _space.Text("xyz")), _space.Either(_space.Text("xyz"), b, a, b));
        Assert.Same(_space.Sequence(a, _space.Repeat(a, 0, 3)), _space.Repeat(a, 1, 4));
        Assert.Same(_space.Anything, _space.Not(_space.Nothing));
        Assert.Same(a, _space.Not(_space.Not(a)));
        Assert.Same(_space.Nothing, _space.Both(a, _space.Not(a)));
        Assert.Same(_space.Texts(["one", "two"]), _space.Texts(["two", "one", "two"]));
    }

    [Fact]
    public void Ten_thousand_words_are_told_apart_and_excluded()
    {
        string[] words = [.. Enumerable.Range(0, 10_000).Select(static i => $"word {i}")];
        Language without = _space.Both(_space.Anything, _space.Not(_space.Texts(words)));
        Assert.All(words, word => Assert.False(_space.Contains(without, word)));
        Assert.True(_space.Contains(without, "word 10000"));
        Assert.True(_space.Contains(without, "word"));
        Assert.Equal(10_000, _space.CountUpTo(_space.Texts(words), 20_000));
    }

    [Fact]
    public void Halves_of_surrogate_pairs_are_in_no_text()
    {
        Assert.Same(_space.Nothing, _space.Text("a\ud800"));
        Assert.Same(_space.Text("b"), _space.Texts(["a\udc00", "b", "\udc00\ud800"]));
        Assert.False(_space.Contains(_space.Anything, "\ud800"));
        Assert.Equal([(0, 0xD7FF), (0xE000, 0x10FFFF)], _space.Any.Steps.Select(static step => (step.First, step.Last)));
    }

    [Fact]
    public void States_that_no_text_completes_are_not_steps()
    {
        // Beginning with a, nothing is both of even length and of the three.
        Language language = _space.Both(_space.Texts(["abc", "bc", "a"]), _space.Repeat(_space.Repeat(_space.Any, 2, 2), 0, null));
        TextStep step = Assert.Single(language.Steps);
        Assert.Equal(('b', 'b'), ((char)step.First, (char)step.Last));
    }

    [Fact]
    public void States_in_use_stay_right_when_the_space_has_forgotten_the_others()
    {
        Language pattern = EcmaRegex.Match(_space, "[ab]*a[ab]{18}");
        Language pair = _space.Both(pattern, _space.Not(_space.Text("c")));
        TextState state = pair;
        int steps = pair.Steps.Length;
        string text = "";
        Random random = new(2);
        for (int i = 0; i < 30_000; i++)
        {
            TextStep step = state.Steps[random.Next(state.Steps.Length)];
            text += (char)step.First;
            state = step.Next;
            Assert.Equal(text.Length >= 19 && text[^19] == 'a', state.Accepts);
            text = text[^Math.Min(text.Length, 19)..];
        }
        Assert.Equal(steps, pair.Steps.Length);
    }

    [Fact]
    public void A_language_with_too_many_states_is_refused_with_a_message()
    {
        Language[] periods = [.. new[] { 7, 11, 13, 17, 19, 23 }.Select(n => EcmaRegex.Match(_space, $"(a{{{n}}})+"))];
        Assert.Equal(
            "Reading a constraint on text: which texts meet all its conditions takes too many states to find out. Combine fewer patterns, or simpler ones.",
            Assert.Throws<InvalidRequestException>(() => _space.IsNothing(_space.Both(periods))).Message);
        Assert.Throws<InvalidRequestException>(() => _space.Not(EcmaRegex.Match(_space, ".*a.{30}")));
        Language[] many = [.. Enumerable.Range(1, 33).Select(n => EcmaRegex.Search(_space, $"a.{{{n}}}b"))];
        Assert.Contains("at most 32 conditions", Assert.Throws<InvalidRequestException>(() => _space.Both(many)).Message, StringComparison.Ordinal);
        Language deep = _space.Text("a");
        Assert.Contains("levels of nesting", Assert.Throws<InvalidRequestException>(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                deep = _space.Sequence(_space.Repeat(_space.Either(deep, _space.Text("bc")), 2, 3), _space.Text("d"));
            }
        }).Message, StringComparison.Ordinal);
    }

    private static void AssertOrdered(TextState state, HashSet<TextState> seen)
    {
        if (!seen.Add(state))
        {
            return;
        }
        int last = -1;
        TextState? before = null;
        foreach (TextStep step in state.Steps)
        {
            Assert.True(step.First > last && step.Last >= step.First, "Steps are ascending and disjoint.");
            Assert.False(step.First == last + 1 && step.Next == before, "Steps that touch lead to different states.");
            (last, before) = (step.Last, step.Next);
            AssertOrdered(step.Next, seen);
        }
    }

    private static (Language, HashSet<string>) Make(LanguageSpace space, Random random, string[] all, int depth)
    {
        switch (random.Next(depth == 0 ? 6 : 12))
        {
            case 0:
                return (space.Text("a"), ["a"]);
            case 1:
                return (space.OneOf(('a', 'b'), (0x1F600, 0x1F600)), [.. Letters]);
            case 2:
                return (space.Empty, [""]);
            case 3:
                string[] words = [.. Enumerable.Range(0, random.Next(4)).Select(_ => all[random.Next(all.Length)])];
                return (space.Texts(words), [.. words]);
            case 4:
                string word = all[random.Next(all.Length)];
                return (space.Text(word), [word]);
            case 5:
                return random.Next(2) == 0 ? (space.Anything, [.. all]) : (space.Any, [.. Letters]);
            case 6 or 7:
                (Language head, HashSet<string> heads) = Make(space, random, all, depth - 1);
                (Language tail, HashSet<string> tails) = Make(space, random, all, depth - 1);
                return (space.Sequence(head, tail), Joined(heads, tails));
            case 8:
                (Language a, HashSet<string> inA) = Make(space, random, all, depth - 1);
                (Language b, HashSet<string> inB) = Make(space, random, all, depth - 1);
                (Language c, HashSet<string> inC) = Make(space, random, all, depth - 1);
                return (space.Either(a, b, c), [.. inA, .. inB, .. inC]);
            case 9:
                (Language left, HashSet<string> inLeft) = Make(space, random, all, depth - 1);
                (Language right, HashSet<string> inRight) = Make(space, random, all, depth - 1);
                return (space.Both(left, right), [.. inLeft.Intersect(inRight)]);
            case 10:
                (Language without, HashSet<string> excluded) = Make(space, random, all, depth - 1);
                return (space.Not(without), [.. all.Except(excluded)]);
            default:
                (Language part, HashSet<string> parts) = Make(space, random, all, depth - 1);
                int min = random.Next(3);
                int? max = random.Next(3) == 0 ? null : min + random.Next(3);
                HashSet<string> repeated = [], round = [""];
                for (int i = 0; i <= (max ?? min + 5); i++)
                {
                    if (i >= min)
                    {
                        repeated.UnionWith(round);
                    }
                    round = Joined(round, parts);
                }
                return (space.Repeat(part, min, max), repeated);
        }
    }

    private static HashSet<string> Joined(HashSet<string> heads, HashSet<string> tails) =>
        [.. from head in heads from tail in tails where Length(head) + Length(tail) <= 4 select head + tail];

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static IEnumerable<string> TextsUpTo(int length) =>
        length == 0 ? [""] : TextsUpTo(length - 1).SelectMany(text => Letters.Select(letter => letter + text)).Append("").Distinct();
}
