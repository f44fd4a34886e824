using Engine.Constraints;
using Engine.Constraints.Automata;
using Engine.Constraints.Languages;
using Engine.Constraints.Masks;
using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints;

/// <summary>The quick way to a mask (tokens as a tree, those of safe characters alone in one go) against the naive one: every token led through on its own.</summary>
public sealed class TokenMaskTests(ConstraintVocabularies vocabularies) : IClassFixture<ConstraintVocabularies>
{
    [Theory]
    [InlineData("llama-bpe", "[a-z]{3,10}@(foo|bar)\\.com")]
    [InlineData("llama-bpe", ".{5,9}")]
    [InlineData("llama-bpe", "(?!foo)[\\s\\S]*")]
    [InlineData("llama-bpe", "[^x]{0,40}x")]
    [InlineData("llama-bpe", "[à-ÿ☃-☄😀-😏]*")]
    [InlineData("llama-spm", "[a-z]{3,10}@(foo|bar)\\.com")]
    [InlineData("llama-bpe", "\\x22[^\\x22]{40,}\\x22")]
    [InlineData("llama-spm", ".{5,9}")]
    [InlineData("llama-spm", "[\\s\\S]{3,60}")]
    [InlineData("llama-spm", "[à-ÿ☃-☄😀-😏]*")]
    [InlineData("gpt-2", "( ?[A-Za-z]+[.,]?)*")]
    public void A_mask_has_the_tokens_that_the_naive_algorithm_finds(string vocabulary, string pattern)
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Find(vocabulary);
        var random = new Random(7);
        for (int answer = 0; answer < 2; answer++)
        {
            var space = new LanguageSpace();
            RequireSame(tokenizer, compiler.Vocabulary, new Automaton(new TextPart(EcmaRegex.Match(space, pattern), space), space), random);
        }
    }

    [Theory]
    [InlineData("""{"type":"string","minLength":50}""")]
    [InlineData("""{"type":"string","minLength":1,"maxLength":60}""")]
    [InlineData("""{"type":"string","maxLength":7}""")]
    [InlineData("""{"type":"string"}""")]
    [InlineData("""{"type":"object","properties":{"some":{"type":"integer"},"same":{"maxLength":3}},"required":["same"]}""")]
    [InlineData("""{"type":"array","items":{"type":"string","pattern":"^[a-z ]+$"},"uniqueItems":true}""")]
    [InlineData("""{"type":"array","items":{"enum":["a","b",1]},"uniqueItems":true}""")]
    [InlineData("""{"type":"array","items":{"type":"object","properties":{"at":{"type":"string","format":"uri"},"id":{"type":"string","pattern":"^[0-9a-z-]{1,20}$"}},"required":["at"]},"maxItems":3}""")]
    [InlineData("""{"anyOf":[{"type":"string","pattern":"^a[^,]*$"},{"type":"string","pattern":"^[a-z]+\\.$"},{"type":"integer"}]}""")]
    [InlineData("""{"type":"object","patternProperties":{"^x[0-9]+$":{"type":"integer"},"y$":{"type":"string","maxLength":4}},"additionalProperties":false}""")]
    public void A_mask_under_a_schema_has_the_tokens_that_the_naive_algorithm_finds(string schema)
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        for (int seed = 0; seed < 3; seed++)
        {
            var space = new LanguageSpace();
            ValueSpec value = JsonSchema.Read(System.Text.Json.JsonElement.Parse(schema), space, readsDescriptions: false);
            Levels.Settle(value);
            RequireSame(tokenizer, compiler.Vocabulary, new Automaton(new ValuePart(value), space), new Random(seed));
        }
    }

    [Fact]
    public void A_token_that_ends_one_item_and_begins_the_next_is_allowed_only_where_another_item_is_left()
    {
        (ITokenizer tokenizer, ConstraintCompiler compiler) = vocabularies.Llama2;
        var schema = new JsonSchemaConstraint("""{"type":"array","uniqueItems":true,"items":{"enum":["a","b",1]}}""");
        int between = TokenOf("\",\"");
        Assert.True(Allows("[\"a"));
        Assert.False(Allows("[\"a\",\"b"));
        Assert.False(Allows("[1,\"a\",\"b"));
        Assert.True(Allows("[1,\"a"));

        bool Allows(string text)
        {
            IConstraint constraint = compiler.Begin(schema);
            foreach (char each in text)
            {
                constraint.Accept(TokenOf($"{each}"));
            }
            var mask = new ulong[compiler.Vocabulary.Words];
            constraint.Allow(mask);
            return (mask[between >> 6] & (1UL << (between & 63))) != 0;
        }

        int TokenOf(string text) =>
            Enumerable.Range(0, tokenizer.VocabularySize).First(token => tokenizer.GetBytes(token).Span.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    // Steps along random tokens, and compares the masks on the way.
    private static void RequireSame(ITokenizer tokenizer, ConstraintVocabulary vocabulary, Automaton automaton, Random random)
    {
        var compiled = new CompiledConstraint(vocabulary, automaton);
        var quick = new ulong[vocabulary.Words];
        Configuration at = automaton.Start;
        var written = new List<byte>();
        for (int i = 0; i < 6; i++)
        {
            compiled.Allow(at, written, quick);
            int[] allowed = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(token => IsAllowed(vocabulary.BytesOf(token), automaton, at, written))];
            Assert.Equal(allowed, Enumerable.Range(0, tokenizer.VocabularySize).Where(token => (quick[token >> 6] & (1UL << (token & 63))) != 0));
            if (allowed.Length == 0)
            {
                return;
            }
            foreach (byte each in vocabulary.BytesOf(allowed[random.Next(allowed.Length)]))
            {
                written.Add(each);
                at = automaton.Take(at, written);
            }
        }
    }

    // The naive way: without knowing the text that a token ends, and then with it.
    private static bool IsAllowed(ReadOnlySpan<byte> bytes, Automaton automaton, Configuration from, List<byte> written)
    {
        List<byte> all = [.. written];
        (Configuration tried, Configuration taken) = (from, from);
        foreach (byte each in bytes)
        {
            tried = automaton.Try(tried, each);
            all.Add(each);
            taken = ReferenceEquals(tried, Configuration.Dead) || ReferenceEquals(taken, Configuration.Dead) ? Configuration.Dead : automaton.Take(taken, all);
        }
        return !bytes.IsEmpty && !ReferenceEquals(tried, Configuration.Dead) && !ReferenceEquals(taken, Configuration.Dead);
    }
}
