using System.Text;
using System.Text.Json;
using Engine.Constraints;

namespace Engine.Tests.Constraints;

/// <summary>Answers drawn at random under a constraint, over real vocabularies.</summary>
public sealed class ConstraintTests(ConstraintVocabularies vocabularies) : IClassFixture<ConstraintVocabularies>
{
    private const int Answers = 20;

    [Theory]
    [InlineData("llama-bpe", "[a-z]{3,10}@(foo|bar)\\.com")]
    [InlineData("llama-bpe", "(0x[0-9a-f]+|[1-9][0-9]{0,8}) ?(kB|MB)")]
    [InlineData("llama-spm", "[A-Z][a-z]+( [a-z]+){2,5}\\.")]
    [InlineData("llama-spm", "[☀-⛿]{2}[à-ü]*")]
    public void A_drawn_text_matches_the_expression(string vocabulary, string pattern)
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Find(vocabulary);
        var random = new Random(1);
        for (int i = 0; i < Answers; i++)
        {
            Assert.Matches($"^(?:{pattern})\\z", ConstrainedWalk.Answer(tokenizer, compiler.Begin(new RegexConstraint(pattern)), random));
        }
    }

    [Fact]
    public void A_choice_that_begins_another_may_end_or_continue()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama3;
        var choice = new ChoiceConstraint(["yes", "yes and no", "né", "☃"]);
        var random = new Random(2);
        HashSet<string> drawn = [.. Enumerable.Range(0, 60).Select(_ => ConstrainedWalk.Answer(tokenizer, compiler.Begin(choice), random))];
        Assert.Equal(["né", "yes", "yes and no", "☃"], drawn.Order(StringComparer.Ordinal));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(choice), "yes and"));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(choice), " yes"));
    }

    [Fact]
    public void A_character_without_a_token_is_spelled_by_byte_tokens()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        const string Rare = "𒀀";
        int[] bytes = [.. Encoding.UTF8.GetBytes(Rare).Select(each => 3 + each)]; // <0x00> is token 3
        Assert.Equal($"<0x{0xF0:X2}>", tokenizer.GetPiece(bytes[0]));
        var choice = new ChoiceConstraint([Rare]);
        Assert.True(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(choice), bytes));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(choice), bytes[..3]));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(choice), [.. bytes[..3], bytes[3] + 1]));
    }

    [Fact]
    public void A_leading_blank_is_part_of_the_answer_and_no_more_than_the_constraint_has()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        int word = Enumerable.Range(0, tokenizer.VocabularySize).First(token => tokenizer.GetPiece(token) == "▁yes");
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(new ChoiceConstraint(["yes"])), [word]));
        Assert.True(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(new ChoiceConstraint([" yes"])), [word]));
    }

    [Fact]
    public void A_special_token_is_itself_and_never_text()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama3;
        int tag = Enumerable.Range(0, tokenizer.VocabularySize).First(token => tokenizer.GetPiece(token) == "<|start_header_id|>");
        var shape = new AnswerShape.Sequence([new AnswerShape.Prose(["<|start_header_id|>"]), new AnswerShape.Marker("<|start_header_id|>"), new AnswerShape.Literal("f()")]);
        Assert.True(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(new ShapeConstraint(shape)), [.. tokenizer.Encode("I call it. ", false), tag, .. tokenizer.Encode("f()", false)]));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(new ShapeConstraint(shape)), tokenizer.Encode("<|start_header_id|>f()", false)));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(new RegexConstraint("[^x]*")), [tag]));
    }

    [Fact]
    public void Prose_continues_until_the_text_that_ends_it()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama3;
        const string Open = "<tool_call>", Close = "</tool_call>";
        AnswerShape call = new AnswerShape.Sequence([new AnswerShape.Literal(Open), new AnswerShape.Pattern("[a-z]+"), new AnswerShape.Literal(Close)]);
        var shape = new ShapeConstraint(new AnswerShape.Sequence([new AnswerShape.Prose([Open]), new AnswerShape.Repeat(call, 1, 2, "\n")]));
        foreach ((string text, bool accepted) in new[]
        {
            ("<tool_call>abc</tool_call>", true),
            ("Well <tool <tool_call>abc</tool_call>\n<tool_call>d</tool_call>", true),
            ("Well <tool_call>abc</tool_call><tool_call>d</tool_call>", false),
            ("Well <tool_call>1</tool_call>", false),
            ("Well", false),
            ("<tool_call>a</tool_call>\n<tool_call>a</tool_call>\n<tool_call>a</tool_call>", false),
        })
        {
            Assert.True(accepted == ConstrainedWalk.Accepts(tokenizer, compiler.Begin(shape), text), text);
        }
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"],"additionalProperties":false}""",
        new[] { """{"a":1}""", """{ "a" : -12, "b" : "x\u00e9\n" }""", "{\n  \"a\": 0,\n  \"b\": \"\"\n}", """{"a":1,"b":"😀 \ud83d\ude00"}""" },
        new[] { "{}", """{"b":"x","a":1}""", """{"a":1.0}""", """{"a":01}""", """{"a":1,"a":2}""", """{"a":1,}""", """{"a":1,"c":1}""", "{\"a\":1,\"b\":\"\n\"}", """{"a":1} """, """{"a":1,"b":"\ud83d"}""", "{   \"a\":1}" })]
    [InlineData("""{"type":"object","properties":{"a":{"const":1}},"minProperties":2,"maxProperties":3}""",
        new[] { """{"a":1,"x":null}""", """{"x":[],"y":{}}""", """{"a":1,"y":2,"z":{"a":2}}""" },
        new[] { """{"a":1}""", "{}", """{"a":1,"x":2,"x":3}""", """{"x":1,"y":1,"z":1,"q":1}""", """{"x":1,"a":1}""", """{"a":1,"\u0061":1}""" })]
    [InlineData("""{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":2}""",
        new[] { """["a","b"]""", """["c", "a", "b"]""", """["\u0061","b"]""" },
        new[] { """["a"]""", """["a","a"]""", """["a","\u0061"]""", """["a","b","c","a"]""", "[]" })]
    [InlineData("""{"type":"array","items":{"type":["integer","boolean","string"]},"uniqueItems":true}""",
        new[] { "[]", """[1, 12, 2, true, "1", "true", false]""" },
        new[] { "[1,1]", "[true,1,true]", """["1","1"]""", "[12,1,12]" })]
    [InlineData("""{"anyOf":[{"type":"object","properties":{"kind":{"const":"x"},"n":{"type":"integer"}},"required":["kind","n"]},{"type":"object","properties":{"kind":{"const":"y"}},"required":["kind"],"additionalProperties":{"type":"string"}}]}""",
        new[] { """{"kind":"x","n":1}""", """{"kind":"y"}""", """{"kind":"y","n":"1"}""" },
        new[] { """{"kind":"x"}""", """{"kind":"y","n":1}""", """{"kind":"z"}""" })]
    [InlineData("""{"type":"object","patternProperties":{"^n_":{"type":"number"}},"additionalProperties":false}""",
        new[] { "{}", """{"n_a":1.5e3,"n_":0}""" },
        new[] { """{"a":1}""", """{"n_a":"x"}""", """{"n_a":1,"n_a":2}""" })]
    [InlineData("""{"properties":{"next":{"$ref":"#"},"v":{"type":"string","maxLength":3}},"type":"object","additionalProperties":false}""",
        new[] { "{}", """{"next":{"next":{"v":"abc"}},"v":"é\u00e9😀"}""" },
        new[] { """{"next":{"next":{"v":"abcd"}}}""", """{"v":"aé😀b"}""", """{"next":null}""" })]
    public void A_schema_lets_through_what_it_accepts_and_nothing_else(string schema, string[] accepted, string[] refused)
    {
        foreach (string name in new[] { "llama-bpe", "llama-spm" })
        {
            (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Find(name);
            var constraint = new JsonSchemaConstraint(schema);
            Assert.All(accepted, text => Assert.True(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(constraint), Tokens(tokenizer, text)), text));
            Assert.All(refused, text => Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(constraint), Tokens(tokenizer, text)), text));
        }
    }

    [Fact]
    public void No_answer_is_nested_deeper_than_the_parsers_of_NET_follow()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama3;
        var constraint = new JsonSchemaConstraint("""{"type":"array","items":{"$ref":"#"}}""");
        static string Nested(int levels) => new string('[', levels) + new string(']', levels);
        Assert.True(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(constraint), Nested(64)));
        Assert.False(ConstrainedWalk.Accepts(tokenizer, compiler.Begin(constraint), Nested(65)));
        _ = JsonElement.Parse(Nested(64));
    }

    [Fact]
    public void A_schema_that_asks_for_deeper_values_is_refused()
    {
        string schema = """{"type":"integer"}""";
        for (int i = 0; i < 65; i++)
        {
            schema = $$"""{"type":"array","minItems":1,"items":{{schema}}}""";
        }
        Assert.Contains("64", Assert.Throws<InvalidRequestException>(() => vocabularies.Llama3.Compiler.Begin(new JsonSchemaConstraint(JsonElement.Parse(schema, new() { MaxDepth = 512 })))).Message);
    }

    [Fact]
    public void Equal_constraints_are_made_ready_once()
    {
        (ITokenizer tokenizer, _) = vocabularies.Llama2;
        var compiler = new ConstraintCompiler(tokenizer, "test");
        long cold = Allocated(() => compiler.Begin(new JsonSchemaConstraint("""{"enum":[1,2,3]}""")));
        long warm = Allocated(() => compiler.Begin(new JsonSchemaConstraint("""{"enum":[1,2,3]}""")));
        Assert.True(warm * 10 < cold, $"{warm} bytes after {cold}");

        static long Allocated(Action action)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData("choice")]
    [InlineData("empty")]
    [InlineData("regex")]
    [InlineData("json")]
    public void An_invalid_constraint_is_refused_with_a_message(string what)
    {
        ConstraintCompiler compiler = vocabularies.Llama2.Compiler;
        InvalidRequestException e = Assert.Throws<InvalidRequestException>(() => compiler.Begin(what switch
        {
            "choice" => new ChoiceConstraint([]),
            "empty" => new ChoiceConstraint(["a", ""]),
            "regex" => new RegexConstraint("a(?!)"),
            _ => new JsonSchemaConstraint("""{"type":"string","minLength":3,"maxLength":2}"""),
        }));
        Assert.Matches("expected|nothing meets", e.Message);
    }

    // Split as one character at a time, too, would do; a tokenizer's own way meets more tokens.
    private static IReadOnlyList<int> Tokens(ITokenizer tokenizer, string text)
    {
        IReadOnlyList<int> tokens = tokenizer.Encode(text, addSpecial: false);
        // SentencePiece puts a blank before a text.
        return tokenizer.Decode(tokens) is var decoded && tokens.Count > 0 && tokenizer.GetBytes(tokens[0]).Span is [(byte)' ', ..] && !text.StartsWith(' ') && decoded.TrimStart() == text.TrimStart()
            ? [.. tokenizer.GetPiece(tokens[0]) == "▁" ? [] : Plain(tokenizer, tokens[0]), .. tokens.Skip(1)]
            : tokens;
    }

    private static int[] Plain(ITokenizer tokenizer, int token) =>
        [.. tokenizer.GetBytes(token).Span[1..].ToArray().Select(each => Enumerable.Range(0, tokenizer.VocabularySize).First(other => tokenizer.GetBytes(other).Span is [var only] && only == each))];
}
