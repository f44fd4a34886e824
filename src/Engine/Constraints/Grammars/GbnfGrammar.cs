using Engine.Constraints.Languages;

namespace Engine.Constraints.Grammars;

/// <summary>Reads a grammar in llama.cpp's notation (GBNF).</summary>
internal static class GbnfGrammar
{
    private const string Root = "root";

    // No answer is as long.
    private const int MaxShortest = 1_000_000;

    /// <summary>The rule <c>root</c>, without the options that no text can meet.</summary>
    /// <exception cref="InvalidRequestException">The text is not a grammar (the message says where); a rule is missing or left-recursive; no text meets it; or it exceeds a limit.</exception>
    public static GrammarRule Read(string grammar, LanguageSpace space)
    {
        (List<GbnfRule> rules, GbnfText text) = GbnfParser.Parse(grammar);
        GbnfRule root = rules.Find(rule => rule.Name == Root) ?? throw new InvalidRequestException(
            $"Reading a grammar: expected a rule '{Root}', with which a text begins, found {(rules.Count == 0 ? "no rule" : "none of that name")}. Add it.");
        GbnfFacts.FindShortest(rules);
        GbnfFacts.RefuseLeftRecursion(rules, text);
        rules = Reached(root);
        new GbnfNonEmpty(rules, text).Rewrite();
        GbnfFacts.FindShortest(rules);
        if (root.Shortest > MaxShortest)
        {
            throw text.Refuse(root.Defined, root.IsProductive
                ? $"the shortest text of the rule '{Root}' is longer than {MaxShortest:N0} bytes. Lower its counts"
                : $"no text can meet the rule '{Root}', because every way through it calls itself again or asks for a character from an empty set. Give it a way to end");
        }
        foreach (GbnfRule rule in rules)
        {
            rule.Body = GbnfFacts.Prune(rule.Body!) ?? rule.Body; // options that derive nothing are dropped
        }
        return new GrammarBuilder(new GbnfFolding(Reached(root), space), space, text).Build(root);
    }

    // The rules reachable from a rule, renumbered.
    private static List<GbnfRule> Reached(GbnfRule root)
    {
        List<GbnfRule> reached = [root];
        HashSet<GbnfRule> seen = [root];
        for (int i = 0; i < reached.Count; i++)
        {
            reached[i].Index = i;
            reached.AddRange(GbnfFacts.Calls(reached[i].Body!).Where(seen.Add));
        }
        return reached;
    }
}
