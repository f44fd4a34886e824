using System.Text;
using System.Text.RegularExpressions;
using Engine.Constraints.Languages;

namespace Engine.Tests.Constraints.Languages;

public sealed class EcmaRegexTests
{
    private const string Alphabet = "ab_- \n1";
    private const string WordSet = "a-zA-Z0-9_", SpaceSet = " \\t-\\r\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
    private readonly LanguageSpace _space = new();

    /// <summary>The judge: .NET's own regular expressions, with what they read otherwise than ECMAScript written out.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_patterns_find_and_match_what_DotNet_finds_and_matches(bool asserts)
    {
        Random random = new(asserts ? 11 : 12);
        int compared = 0;
        for (int i = 0; i < 2000; i++)
        {
            string pattern = Make(random, random.Next(1, 6), asserts, out _);
            Regex search = new(ForDotNet(pattern), RegexOptions.CultureInvariant);
            Regex match = new($"\\A(?:{ForDotNet(pattern)})\\z", RegexOptions.CultureInvariant);
            LanguageSpace space = new();
            Language found = EcmaRegex.Search(space, pattern), matched = EcmaRegex.Match(space, pattern);
            for (int j = 0; j < 20; j++)
            {
                string? text = j switch
                {
                    < 12 => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Alphabet[random.Next(Alphabet.Length)])),
                    < 16 => space.IsNothing(found) ? null : RandomTexts.Walk(found, random, 20),
                    _ => space.IsNothing(matched) ? null : RandomTexts.Walk(matched, random, 20),
                };
                // .NET reads UTF-16: a pair is two characters to it.
                if (text is null || text.Any(char.IsSurrogate))
                {
                    continue;
                }
                Assert.True(search.IsMatch(text) == space.Contains(found, text), $"Searching {Regex.Escape(pattern)} in {Regex.Escape(text)}");
                Assert.True(match.IsMatch(text) == space.Contains(matched, text), $"Matching {Regex.Escape(pattern)} with {Regex.Escape(text)}");
                compared++;
            }
        }
        Assert.InRange(compared, 25_000, int.MaxValue);
    }

    [Theory]
    [InlineData("^a$", "a", true)]
    [InlineData("^a$", "a\n", false)] // unlike .NET, whose $ also stands before a last line end
    [InlineData("(^a|b$)", "xb", true)]
    [InlineData("(^a|b$)", "xa", false)]
    [InlineData("^$", "", true)]
    [InlineData("a^b", "ab", false)]
    [InlineData("^.$", "\U0001F600", true)]
    [InlineData("^.$", "\u2028", false)]
    [InlineData("^\\s$", "\ufeff", true)]
    [InlineData("^[\\w-.]+$", "a-.", true)]
    [InlineData("^\\-\\_\\@$", "-_@", true)]
    [InlineData("^{}a{,2}$", "{}a{,2}", true)]
    [InlineData("^a]$", "a]", true)]
    [InlineData("^[]$", "", false)]
    [InlineData("^[^]$", "\n", true)]
    [InlineData("^[\\b]$", "\b", true)]
    [InlineData("^\\u{1F600}\\uD83D\\uDE00\\x41\\cJ\\0$", "\U0001F600\U0001F600A\n\0", true)]
    [InlineData("^\\p{Lu}\\p{L}*\\P{L}$", "Éa1", true)]
    [InlineData("^\\p{General_Category=Decimal_Number}+$", "1٣", true)]
    [InlineData("^\\101\\8$", "A8", true)] // octal where no group has the number
    [InlineData("^(?<year>\\d{4})$", "2024", true)]
    [InlineData("^(?!aliases|audio$)", "audios", true)]
    [InlineData("^(?!aliases|audio$)", "audio", false)]
    [InlineData("^(?:(?!ab).)*$", "aab", false)]
    [InlineData("^(?:(?!ab).)*$", "acb", true)]
    [InlineData("^(?=.*[a-z])(?=.*\\d)\\w{4,}$", "abc1", true)]
    [InlineData("^(?=.*[a-z])(?=.*\\d)\\w{4,}$", "abcd", false)]
    [InlineData("\\bfoo\\b", "a foo-", true)]
    [InlineData("\\bfoo\\b", "afoo", false)]
    [InlineData("^(a?\\b)*$", "aa", false)]
    [InlineData("^((a*)*|b??)+$", "aab", true)]
    [InlineData("(?:-)+\\B", "--a", true)]
    public void Syntax_means_what_ECMAScript_says(string pattern, string text, bool isFound) =>
        Assert.Equal(isFound, _space.Contains(EcmaRegex.Search(_space, pattern), text));

    [Theory]
    [InlineData("(a", "expected ')' for the group at position 0, found the end at position 2")]
    [InlineData("a)", "found ')' at position 1")]
    [InlineData("a**", "expected something to repeat, found '*' at position 2")]
    [InlineData("+", "expected something to repeat, found '+' at position 0")]
    [InlineData("^*", "expected something to repeat")]
    [InlineData("a{3,2}", "found '{3,2}' at position 1")]
    [InlineData("[b-a]", "expected a range from a lower character to a higher one, found 'b-a' at position 1")]
    [InlineData("[a", "expected ']' for the class at position 0")]
    [InlineData("a\\", "expected a character after the backslash")]
    [InlineData("(a)\\1", "no back references")]
    [InlineData("(?<x>a)\\k<x>", "no back references")]
    [InlineData("(?<=a)b", "no look-behind")]
    [InlineData("(?i)a", "expected a group that begins with")]
    [InlineData("(?<x>a)(?<x>b)", "names of groups that differ")]
    [InlineData("\\p{Script=Greek}", "a general category of Unicode")]
    [InlineData("\\u{110000}", "up to 10FFFF")]
    public void A_mistake_gets_one_message_with_the_position(string pattern, string sentence)
    {
        string message = Assert.Throws<InvalidRequestException>(() => EcmaRegex.Search(_space, pattern)).Message;
        Assert.StartsWith($"Reading the regular expression '{pattern}': ", message, StringComparison.Ordinal);
        Assert.Contains(sentence, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_with_an_assertion_inside_that_needs_a_large_automaton_is_refused() => Assert.Contains(
        "loops with assertions inside that need a large one",
        Assert.Throws<InvalidRequestException>(() => EcmaRegex.Match(_space, "(?:(?!.*a.{10}).)*foo.*")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("(a{1000}){1000}")]
    [InlineData("(((a{1000}){1000}){1000}){1000}")]
    [InlineData("(a|aa){0,300}")]
    [InlineData("((a*)*)*b")]
    [InlineData("(x+x+)+y")]
    [InlineData("(a?){5000}")]
    [InlineData("([ab]*a[ab]{20}){3}")]
    [InlineData("(?=.*a)(?=.*b)(?=.*c)(?=.*d)(?=.*e)(?=.*f)(?=.*g)(?=.*h).{8,}")]
    [InlineData("[a-z]{0,65536}")]
    public void Patterns_that_are_large_written_out_are_walked_at_once(string pattern) => OnSmallStack(() =>
    {
        LanguageSpace space = new();
        Language language = EcmaRegex.Match(space, pattern);
        Assert.False(space.IsNothing(language));
        TextState state = language;
        Random random = new(3);
        for (int i = 0; i < 300 && state.Steps.Length > 0; i++)
        {
            state = state.Steps[random.Next(state.Steps.Length)].Next;
        }
        Assert.True(state.Accepts || state.Steps.Length > 0);
    });

    [Fact]
    public void Nesting_is_walked_or_refused_and_never_ends_the_process() => OnSmallStack(() =>
    {
        foreach (int depth in new[] { 100, 149, 10_000 })
        {
            foreach ((string open, string close) in new[] { ("(", ")"), ("(b?", "c?){0,9}"), ("(?!a", ")b?"), ("(a|", ")*"), ("(?:", "^)*") })
            {
                LanguageSpace space = new();
                try
                {
                    TextState state = EcmaRegex.Match(space, string.Concat(Enumerable.Repeat(open, depth)) + "a" + string.Concat(Enumerable.Repeat(close, depth)));
                    for (int i = 0; i < 50 && state.Steps.Length > 0; i++)
                    {
                        state = state.Steps[^1].Next;
                    }
                }
                catch (InvalidRequestException e)
                {
                    Assert.StartsWith("Reading ", e.Message, StringComparison.Ordinal);
                }
            }
        }
    });

    private static void OnSmallStack(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(action), 1 << 20);
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "Took more than a minute.");
        Assert.Null(failure);
    }

    private static string Make(Random random, int depth, bool asserts, out bool mayBeEmpty)
    {
        mayBeEmpty = false;
        switch (random.Next(depth == 0 ? 4 : asserts ? 16 : 11))
        {
            case 0 or 1:
                return Regex.Escape(Alphabet[random.Next(Alphabet.Length)].ToString()).Replace("\\ ", " ", StringComparison.Ordinal);
            case 2:
                return new[] { "[ab]", "[^a]", "\\w", "\\W", "\\d", "[\\w-]", ".", "[^\\s_]" }[random.Next(8)];
            case 3:
                mayBeEmpty = random.Next(2) == 0;
                return mayBeEmpty ? "(?:)" : "ab";
            case 4 or 5 or 6:
                string sequence = Make(random, depth - 1, asserts, out bool first) + Make(random, depth - 1, asserts, out bool second);
                mayBeEmpty = first && second;
                return sequence;
            case 7 or 8:
                string options = $"(?:{Make(random, depth - 1, asserts, out bool one)}|{Make(random, depth - 1, asserts, out bool other)})";
                mayBeEmpty = one || other;
                return options;
            case 9 or 10:
                // Not of what may be empty: loops of that can take .NET forever.
                string part = Make(random, depth - 1, asserts, out bool isEmpty);
                string count = new[] { "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}" }[isEmpty ? 2 : random.Next(7)];
                mayBeEmpty = isEmpty || count is "*" or "?" or "{0,2}";
                return $"(?:{part}){count}{(random.Next(5) == 0 ? "?" : "")}";
            default:
                mayBeEmpty = true;
                return random.Next(5) switch
                {
                    0 => "^",
                    1 => "$",
                    2 => random.Next(2) == 0 ? "\\b" : "\\B",
                    3 => $"(?={Make(random, depth - 1, asserts, out _)})",
                    _ => $"(?!{Make(random, depth - 1, asserts, out _)})",
                };
        }
    }

    private static string ForDotNet(string pattern)
    {
        const string Word = "[" + WordSet + "]";
        StringBuilder written = new();
        foreach (Match token in Regex.Matches(pattern, @"\\.|\[(?:\\.|[^\]])*\]|.", RegexOptions.Singleline))
        {
            written.Append(token.Value switch
            {
                "$" => "\\z",
                "." => "[^\\n\\r\\u2028\\u2029]",
                "\\b" => $"(?:(?<={Word})(?!{Word})|(?<!{Word})(?={Word}))",
                "\\B" => $"(?:(?<={Word})(?={Word})|(?<!{Word})(?!{Word}))",
                "\\w" => Word,
                "\\W" => $"[^{WordSet}]",
                "\\d" => "[0-9]",
                ['[', ..] set => set.Replace("\\w", WordSet, StringComparison.Ordinal).Replace("\\s", SpaceSet, StringComparison.Ordinal),
                string other => other,
            });
        }
        return written.ToString();
    }
}
