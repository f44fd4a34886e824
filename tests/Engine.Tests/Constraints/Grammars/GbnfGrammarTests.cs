using System.Diagnostics;
using Engine.Constraints.Grammars;
using Engine.Constraints.Languages;

namespace Engine.Tests.Constraints.Grammars;

public sealed class GbnfGrammarTests
{
    [Theory]
    [InlineData("root ::= \"a\" ([b-d] | name)*\nname ::= digit+\ndigit ::= [0-9]")]
    [InlineData("root ::= \"a\" root | \"b\" other | \"\"\nother ::= \"c\" root | \"d\" other | \"e\"")]
    [InlineData("root ::= list\nlist ::= item | item \",\" list\nitem ::= [a-z]+")]
    [InlineData("root ::= \"a\" (root | \"b\")?")]
    public void Rules_without_recursion_become_one_regular_language(string grammar) =>
        Assert.IsType<GrammarItem.Terminal>(Assert.Single(Assert.Single(Read(grammar).Options)));

    [Fact]
    public void Recursion_stays_a_rule_and_what_is_regular_around_it_is_folded()
    {
        GrammarRule root = Read("root ::= \"a\" \"b\"? (\"(\" ws root ws \")\" | [0-9]+ ws | \"x\")\nws ::= [ \\n]*");

        Assert.Equal("root", root.Name);
        Assert.Equal(2, root.Shortest);
        IReadOnlyList<GrammarItem> option = Assert.Single(root.Options);
        Assert.IsType<GrammarItem.Terminal>(option[0]);
        GrammarRule inner = Assert.IsType<GrammarItem.Call>(option[1]).Rule;
        Assert.Equal(1, inner.Shortest);
        Assert.Equal([3, 1], inner.Options.Select(items => items.Count)); // what is regular is one option
        Assert.Same(root, Assert.IsType<GrammarItem.Call>(inner.Options[0][1]).Rule);
    }

    [Theory]
    [InlineData("root ::= \"a\" | dead | \"b\" dead\ndead ::= \"x\" dead", 1)]
    [InlineData("root ::= [^\\x00-\\U0010FFFF] | \"abc\" [\\ud800-\\udfff]?", 3)]
    [InlineData("root ::= dead* \"ab\" (\"c\" | dead)\ndead ::= \"(\" dead \")\"", 3)]
    [InlineData("root ::= [é日]{2} \"(\" (root | \"é\") \")\"", 8)]
    [InlineData("root ::= \"(\" root{2,3} \")\" | \"abcdef\"", 6)]
    public void Rules_that_derive_no_text_are_left_out_and_the_shortest_text_is_known(string grammar, int shortest)
    {
        GrammarRule root = Read(grammar);
        Assert.Equal(shortest, root.Shortest);
        Assert.All(Rules(root), rule => Assert.Equal(rule.Shortest, rule.Options.Min(items => items.Sum(Shortest))));
        Assert.All(Rules(root).SelectMany(rule => rule.Options), items => Assert.All(items, item => Assert.NotEqual(int.MaxValue, Shortest(item))));
    }

    [Fact]
    public void A_name_may_have_an_underscore_and_the_last_of_two_rules_counts() =>
        Assert.Equal(2, Read("root ::= a_b\na_b ::= \"x\"\na_b ::= \"yy\"").Shortest);

    [Theory]
    [InlineData("root ::= \"a", "line 1, column 12: expected the end of a literal, '\"', found the end of the grammar")]
    [InlineData("# x\nroot ::= [a", "line 2, column 12: expected the end of a class, ']', found the end of the grammar")]
    [InlineData("root ::= (\"a\"\n\n]", "line 3, column 1: expected an item, '|' or the end of the group, ')', found ']'")]
    [InlineData("root ::= \"a\" )", "line 1, column 14: expected an item, '|' or the end of the line, found ')'")]
    [InlineData("root ::= \"a\"\r\n| \"b\"", "line 2, column 1: expected the name of a rule, found '|'")]
    [InlineData("root := \"a\"", "line 1, column 7: expected '::=' after the rule's name 'root', found '='")]
    [InlineData("root ::= +", "line 1, column 10: expected something to repeat before '+', found nothing")]
    [InlineData("root ::= []", "line 1, column 10: expected at least one character in a class, found none")]
    [InlineData("root ::= [z-a]", "found U+007A to U+0061. Swap them")]
    [InlineData("root ::= \"\\q\"", "line 1, column 11: expected an escape, one of")]
    [InlineData("root ::= \"\\U00110000\"", "expected a code point up to \\U0010FFFF, found \\U00110000")]
    [InlineData("root ::= \"\\ud800\"", "found the surrogate U+D800")]
    [InlineData("root ::= \"\\x4g\"", "line 1, column 14: expected 2 hexadecimal digits, found 'g'")]
    [InlineData("root ::= \"a\"{3,2}", "found 3 and 2")]
    [InlineData("root ::= \"a\"{2", "expected '}' after the counts of a repetition, found the end of the grammar")]
    [InlineData("root ::= \"a\"{99999999999}", "expected a count below 2147483647")]
    [InlineData("root ::= numbr\nnumber ::= [0-9]", "line 1, column 10: the rule 'numbr' is used but not defined. Did you mean 'number'? Define it")]
    [InlineData("start ::= \"a\"", "expected a rule 'root', with which a text begins, found none of that name")]
    [InlineData(" \n# nothing", "found no rule")]
    [InlineData("root ::= <[12]> \"a\"", "line 1, column 10: tokens of a vocabulary cannot be used in a grammar here")]
    [InlineData("root ::= !<think>", "tokens of a vocabulary cannot be used in a grammar here")]
    [InlineData("root ::= a\na ::= b \"x\"\nb ::= a | \"c\"", "line 2, column 1: the rule 'a' calls itself before anything is read (a → b → a)")]
    [InlineData("root ::= ws root \"x\" | \"y\"\nws ::= \" \"*", "the rule 'root' calls itself before anything is read (root → root)")]
    [InlineData("root ::= \"x\" root", "line 1, column 1: no text can meet the rule 'root'")]
    [InlineData("root ::= \"a\"{2000} b{2000}\nb ::= \"c\"{2000}", "the shortest text of the rule 'root' is longer than 1,000,000 bytes")]
    public void A_mistake_is_reported_with_its_position(string grammar, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidRequestException>(() => Read(grammar)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_not_text() => // an attribute could not hold it
        Assert.Contains("line 1, column 11: expected text, found half of a surrogate pair", Assert.Throws<InvalidRequestException>(() => Read("root ::= \"\ud800\"")).Message, StringComparison.Ordinal);

    public static TheoryData<string, string> Hostile => new()
    {
        { "groups", "root ::= " + new string('(', 10_000) + "\"a\"" + new string(')', 10_000) },
        { "open groups", "root ::= " + new string('(', 100_000) },
        { "repetitions of repetitions", "root ::= \"a\"" + string.Concat(Enumerable.Repeat("{1,2}", 50_000)) },
        { "a large count", "root ::= [a-z]{0,1000000000}" },
        { "a large count of a recursion", "root ::= p{0,1000000000}\np ::= \"(\" p* \")\"" },
        { "counts of counts", "root ::= ((((\"a\"{0,999}){0,999}){0,999}){0,999}){0,999}" },
        { "a product of rules", string.Join("\n", Enumerable.Range(0, 60).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= r{i + 1} r{i + 1}")) + "\nr60 ::= \"a\"" },
        { "a product of rules that may be empty", string.Join("\n", Enumerable.Range(0, 60).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= r{i + 1} r{i + 1}?")) + "\nr60 ::= \"(\" r60* \")\"" },
        { "many rules", "root ::= r0\n" + string.Join("\n", Enumerable.Range(0, 100_000).Select(i => $"r{i} ::= \"a\" r{i + 1}")) },
        { "a chain of rules", "root ::= r0\n" + string.Join("\n", Enumerable.Range(0, 9_000).Select(i => $"r{i} ::= \"a\" r{i + 1} \"b\"")) + "\nr9000 ::= \"c\" r0?" },
        { "a chain of first rules", "root ::= r0\n" + string.Join("\n", Enumerable.Range(0, 9_000).Select(i => $"r{i} ::= r{i + 1} \"b\"")) + "\nr9000 ::= \"c\"" },
        { "many alternatives", "root ::= " + string.Join(" | ", Enumerable.Range(0, 50_000).Select(i => $"\"{i}\"")) },
        { "many calls", "root ::= p" + string.Concat(Enumerable.Repeat(" p", 50_000)) + "\np ::= \"(\" p? \")\"" },
        { "all call all", string.Join("\n", Enumerable.Range(0, 300).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= \"x\" | " + string.Join(" | ", Enumerable.Range(1, 299).Select(j => $"\"{i % 10}\" r{j} \"y\"")))) },
        { "equations", string.Join("\n", Enumerable.Range(0, 8).Select(i => $"{(i == 0 ? "root" : $"r{i}")} ::= \"x\" | " + string.Join(" | ", Enumerable.Range(1, 7).Select(j => $"\"{(char)('a' + i)}{j}\" r{j}")))) },
        { "empty parts", "root ::= (" + string.Concat(Enumerable.Repeat("p? ", 90)) + ")*\np ::= \"(\" p? \")\"" },
        { "a long name", "root ::= " + new string('a', 500_000) },
        { "a long text", "root ::= \"" + new string('a', 2_000_000) + "\"" },
        { "nothing but blanks", new string('\n', 900_000) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_grammars_are_read_or_refused_at_once(string name, string grammar)
    {
        long begin = Stopwatch.GetTimestamp();
        string found = "read";
        try
        {
            Read(grammar);
        }
        catch (InvalidRequestException e)
        {
            found = e.Message;
        }
        Assert.True(found.Length < 400, name);
        // Seconds, for other tests run beside it; alone it is tens of milliseconds.
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(5), $"{name} took {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s ({found})");
    }

    private static GrammarRule Read(string grammar) => GbnfGrammar.Read(grammar, new LanguageSpace());

    private static int Shortest(GrammarItem item) => item switch
    {
        GrammarItem.Call(var rule) => rule.Shortest,
        GrammarItem.Terminal(var text) => System.Text.Encoding.UTF8.GetByteCount(text.Space.Shortest(text)!),
        _ => throw new InvalidOperationException(),
    };

    private static HashSet<GrammarRule> Rules(GrammarRule root)
    {
        HashSet<GrammarRule> found = [root];
        var waiting = new Stack<GrammarRule>(found);
        while (waiting.TryPop(out GrammarRule? rule))
        {
            foreach (GrammarItem.Call call in rule.Options.SelectMany(items => items).OfType<GrammarItem.Call>())
            {
                if (found.Add(call.Rule))
                {
                    waiting.Push(call.Rule);
                }
            }
        }
        return found;
    }
}
