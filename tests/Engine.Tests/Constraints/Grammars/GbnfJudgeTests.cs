using Engine.Constraints;
using Engine.Tests.LlamaCpp;

namespace Engine.Tests.Constraints.Grammars;

/// <summary>Grammars of our own, held against llama.cpp: random texts are written under both at once, and before each token both have to allow the same
/// tokens of the whole vocabulary, and the same end.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class GbnfJudgeTests(NativeGrammars native) : IClassFixture<NativeGrammars>
{
    public static TheoryData<string, string> Grammars => new()
    {
        { "a literal", """root ::= "abc" """ },
        { "arithmetic", "root ::= expr\nexpr ::= term ([-+] term)*\nterm ::= factor ([*/] factor)*\nfactor ::= [0-9]+ | \"(\" expr \")\" | \"-\" factor" },
        {
            "JSON", """
            root ::= value
            value ::= object | array | string | number | "true" | "false" | "null"
            object ::= "{" (string ":" value ("," string ":" value)*)? "}"
            array ::= "[" (value ("," value)*)? "]"
            string ::= "\"" ([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
            number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
            """
        },
        { "a list", "root ::= (\"- \" item)+\nitem ::= [^\\n]{1,5} \"\\n\"" },
        {
            "moves of chess", """
            # Numbered moves.
            root ::= (
                "1. " move " " move "\n"
                ([1-9] [0-9]? ". " move " " move "\n"){0,2}
            )
            move ::= (pawn | piece | castle) [+#]?
            piece ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
            pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
            castle ::= "O-O" "-O"?
            """
        },
        { "nested brackets", "root ::= pair+\npair ::= \"(\" pair* \")\" | \"[\" pair* \"]\"" },
        { "the same on both sides", "root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"c\"" },
        { "as many as", "root ::= \"a\" root \"b\" | \"ab\"" },
        { "classes of Unicode", "root ::= [ぁ-ゟ]{2,3} [日本語]* [^a-zé]? \"€\"" },
        { "escapes", """root ::= "\x41\u00e9\U0001F600" [\u0416\x2D\]\[\\]+ "\t\r\n\"" """ },
        { "a dash at either end", "root ::= [-a] [b-] [+--]" },
        { "any character", "root ::= . .{2} \"!\"" },
        { "counts", "root ::= \"a\"{2} [bc]{1,} \"d\"{0,2} (\"e\" \"f\"?){1,3}" },
        { "repetitions in each other", "root ::= ((\"a\"+ \",\")* \"b\"){2,3}?" },
        { "what may be empty, repeated", "root ::= (\"a\"? \"b\"? | \"c\")* \"d\"" },
        { "a recursive rule that may be empty, repeated", "root ::= (pair? \"x\"?)* \"!\"\npair ::= \"(\" pair? \")\"" },
        { "options that begin alike", "root ::= \"true\" | \"try\" \"x\"+ | \"t\" [a-z]{3} | word\nword ::= \"trip\" | \"t\"" },
        { "an empty option", "root ::= \"a\" ( | \"b\" | ) \"c\" end\nend ::= \"\" | \"d\"" },
        { "a recursion at the end", "root ::= \"a\" root | \"b\" other | \"\"\nother ::= \"c\" root | \"d\" other | \"e\"" },
        { "rules that call each other", "root ::= a\na ::= \"x\" b \"y\" | \"z\"\nb ::= \"(\" a \")\" | \"<\" b \">\" | a a" },
        { "counted recursion", "root ::= pair{2,4} pair{3}? \"x\"\npair ::= \"(\" pair{0,2} \")\"" },
        { "continued lines", "root ::= \"a\" |\n  \"b\" ( \"c\"\n | # why not\n \"d\" )\n\n# the end\n" },
        { "blanks everywhere", "\n\n  root\t::=   \"a\"  \t[b]   *   # x\r\nunused ::= root \"z\"\r\n" },
        { "a rule that stands twice", "root ::= a \"x\"\na ::= \"b\"\na ::= \"c\"" },
        { "names", "root ::= a-1 B2 3\na-1 ::= \"a\"\nB2 ::= \"b\"\n3 ::= \"c\"" },
        { "statements", "root ::= (statement \"\\n\")+\nstatement ::= name \"=\" expr \";\"\nexpr ::= name | [0-9]+ | name \"(\" (expr (\", \" expr)*)? \")\"\nname ::= [a-z] [a-z0-9]{0,3}" },
        { "two ways to read", "root ::= x x x\nx ::= \"a\"* | [a-c]* \"b\"" },
    };

    [Theory]
    [MemberData(nameof(Grammars))]
    public void The_same_tokens_are_allowed_at_every_place_of_random_texts(string name, string grammar)
    {
        const int Texts = 12, MaxTokens = 40;
        var compiler = new ConstraintCompiler(native.Tokenizer, "the vocabulary");
        int end = native.Tokenizer.VocabularySize - 1;
        var random = new Random(20261129);
        (int ended, int compared) = (0, 0);
        for (int i = 0; i < Texts; i++)
        {
            using NativeGrammars.Sampler judge = native.Read(grammar)!;
            IConstraint ours = compiler.Begin(new GrammarConstraint(grammar));
            string text = "";
            for (int t = 0; t < MaxTokens; t++)
            {
                bool[] allowed = judge.Allowed();
                Assert.True(allowed[end] == ours.MayEnd, $"{name}, after '{text}': llama.cpp says that it may {(allowed[end] ? "" : "not ")}end");
                int[] expected = Set(allowed), found = Allowed(ours);
                Assert.True(expected.SequenceEqual(found), $"{name}, after '{text}': llama.cpp alone allows {Show(expected.Except(found))}, we alone {Show(found.Except(expected))}");
                compared++;
                if (expected.Length == 0 || (ours.MayEnd && random.Next(6) == 0))
                {
                    break;
                }
                int token = expected[random.Next(expected.Length)];
                judge.Accept(token);
                ours.Accept(token);
                text += native.Tokenizer.GetPiece(token);
            }
            ended += ours.MayEnd ? 1 : 0;
        }
        Assert.True(compared > Texts, $"{name}: {compared} places");
        Assert.True(ended > 0, $"{name}: no text came to its end");

        int[] Set(bool[] allowed) => [.. Enumerable.Range(0, end).Where(token => allowed[token])];

        int[] Allowed(IConstraint constraint)
        {
            var mask = new ulong[(native.Tokenizer.VocabularySize + 63) / 64];
            constraint.Allow(mask);
            return [.. Enumerable.Range(0, end).Where(token => (mask[token / 64] >> (token % 64) & 1) != 0)];
        }

        string Show(IEnumerable<int> tokens) => string.Join(" ", tokens.Select(token => $"'{native.Tokenizer.GetPiece(token)}'"));
    }

    /// <summary>What neither of us reads.</summary>
    [Theory]
    [InlineData("root ::= \"a")]
    [InlineData("root ::= [a")]
    [InlineData("root ::= (\"a\"")]
    [InlineData("root ::= \"a\")")]
    [InlineData("root ::= * \"a\"")]
    [InlineData("root ::= \"a\"{")]
    [InlineData("root ::= \"a\"{x}")]
    [InlineData("root ::= \"a\"{1;2}")]
    [InlineData("root ::= other")]
    [InlineData("root = \"a\"")]
    [InlineData("root ::= \"\\q\"")]
    [InlineData("root ::= \"\\x4\"")]
    [InlineData("root ::= \"\\u00\"")]
    [InlineData("other ::= \"a\"")]
    [InlineData("root ::= root \"a\" | \"b\"")]
    [InlineData("root ::= a\na ::= b \"x\"\nb ::= a | \"c\"")]
    [InlineData("root ::= \"a\"\n | \"b\"")]
    [InlineData("root ::= \"a\" root2 ::= \"b\"")]
    [InlineData("::= \"a\"")]
    public void A_file_that_llama_cpp_refuses_is_refused(string grammar)
    {
        using NativeGrammars.Sampler? judge = native.Read(grammar);
        Assert.Null(judge);
        Assert.Throws<InvalidRequestException>(() => new ConstraintCompiler(native.Tokenizer, "the vocabulary").Begin(new GrammarConstraint(grammar)));
    }
}
