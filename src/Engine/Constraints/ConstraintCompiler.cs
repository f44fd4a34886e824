using Engine.Constraints.Automata;
using Engine.Constraints.Grammars;
using Engine.Constraints.Languages;
using Engine.Constraints.Masks;
using Engine.Constraints.Schemas;

namespace Engine.Constraints;

/// <summary>Compiles constraints for one model and caches them, because programs use the same few again and again. Thread-safe.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="model">The model's name, for messages.</param>
internal sealed class ConstraintCompiler(ITokenizer tokenizer, string model)
{
    private const int MaxKept = 32;
    private const int LongestChoice = 1 << 20; // characters of all choices

    private readonly Lazy<ConstraintVocabulary> _vocabulary = new(() => new ConstraintVocabulary(tokenizer));
    private readonly Lazy<int[]> _ends = new(() => [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration)]);
    private readonly Dictionary<object, LinkedListNode<(object Key, CompiledConstraint Value)>> _kept = [];
    private readonly LinkedList<(object Key, CompiledConstraint Value)> _latest = [];
    private readonly Lock _lock = new();

    /// <summary>The model's tokens.</summary>
    public ConstraintVocabulary Vocabulary => _vocabulary.Value;

    /// <summary>The tokens that end a generation.</summary>
    public int[] Ends => _ends.Value;

    /// <summary>Begins an answer.</summary>
    /// <exception cref="InvalidRequestException">The constraint is not understood, or nothing meets it.</exception>
    public IConstraint Begin(Constraint constraint)
    {
        if (constraint is CodeConstraint code)
        {
            return code.Begin(tokenizer) ?? throw new InvalidRequestException(
                "Beginning an answer under a constraint: expected the constraint's Begin to return an object, found null. Return one for each answer.");
        }
        return new AutomatonConstraint(Find(constraint));
    }

    private CompiledConstraint Find(Constraint constraint)
    {
        object key = Key(constraint);
        lock (_lock)
        {
            if (_kept.TryGetValue(key, out var known) && !known.Value.Value.IsWornOut)
            {
                _latest.Remove(known);
                _latest.AddFirst(known);
                return known.Value.Value;
            }
        }
        CompiledConstraint compiled = CompileAsked(constraint);
        lock (_lock)
        {
            if (_kept.Remove(key, out var old))
            {
                _latest.Remove(old);
            }
            _kept[key] = _latest.AddFirst((key, compiled));
            if (_kept.Count > MaxKept)
            {
                _kept.Remove(_latest.Last!.Value.Key);
                _latest.RemoveLast();
            }
        }
        return compiled;
    }

    // Records compare by value, except for the JSON and the lists in them.
    private static object Key(Constraint constraint) => constraint switch
    {
        JsonSchemaConstraint schema => ("schema", schema.Schema.GetRawText(), SchemaConventions.Of(schema), schema.AnyOrder),
        ChoiceConstraint choice => ("choice", string.Join('\0', choice.Choices)),
        ShapeConstraint shape => ("shape", ShapeText.Write(shape.Shape)),
        _ => constraint,
    };

    private CompiledConstraint CompileAsked(Constraint constraint)
    {
        try
        {
            return Compile(constraint);
        }
        catch (InvalidRequestException e)
        {
            throw new InvalidRequestException(e.Message) { Property = nameof(GenerateRequest.Constraint) };
        }
    }

    private CompiledConstraint Compile(Constraint constraint)
    {
        var space = new LanguageSpace();
        Part root = constraint switch
        {
            JsonSchemaConstraint schema => Json(schema.Schema, SchemaConventions.Of(schema), space),
            GrammarConstraint grammar => new RulePart(GbnfGrammar.Read(grammar.Grammar, space)),
            RegexConstraint regex => Pattern(regex.Pattern, space),
            ChoiceConstraint choice => Choice(choice.Choices, space),
            ShapeConstraint shape => Shape(shape.Shape, space),
            _ => throw new InvalidOperationException($"A constraint of the unknown kind {constraint.GetType().Name}."),
        };
        var compiled = new CompiledConstraint(Vocabulary, new Automaton(root, space) { AnyOrder = constraint is JsonSchemaConstraint { AnyOrder: true } });
        RequireTokens(compiled);
        return compiled;
    }

    // Not every vocabulary can spell every text.
    private void RequireTokens(CompiledConstraint compiled)
    {
        var mask = new ulong[Vocabulary.Words];
        Configuration start = compiled.Start;
        compiled.Allow(start, [], mask);
        if (!start.MayEnd && mask.All(word => word == 0))
        {
            throw new InvalidRequestException(
                $"Making a constraint ready: expected the vocabulary of {model} to have a token that an answer may begin with, found none. Use another model or another constraint.");
        }
    }

    private static ValuePart Json(System.Text.Json.JsonElement schema, SchemaConventions conventions, LanguageSpace space)
    {
        ValueSpec value = JsonSchema.Read(schema, space, conventions.Descriptions, conventions.LocalTimes);
        Levels.Settle(value);
        if (value.Levels > Levels.Most)
        {
            throw new InvalidRequestException(
                $"Reading a JSON schema: expected values of at most {Levels.Most} arrays and objects in each other, which is what .NET's parsers follow, found a schema that asks for more. Make it flatter.");
        }
        return new ValuePart(value);
    }

    private static TextPart Pattern(string pattern, LanguageSpace space)
    {
        Language language = EcmaRegex.Match(space, pattern ?? throw new InvalidRequestException("Reading a regular expression: expected a pattern, found null. Give one."));
        return space.IsNothing(language)
            ? throw new InvalidRequestException($"Reading the regular expression '{Short(pattern)}': expected one that some text matches, found one that none does. Correct it.")
            : new TextPart(language, space);
    }

    private static TextPart Choice(IReadOnlyList<string> choices, LanguageSpace space)
    {
        if (choices is null or { Count: 0 })
        {
            throw new InvalidRequestException("Reading a list of choices: expected at least one text, found none. List what the answer may be.");
        }
        if (choices.Any(string.IsNullOrEmpty))
        {
            throw new InvalidRequestException("Reading a list of choices: expected texts, found an empty one. Leave it out.");
        }
        if (choices.Sum(choice => (long)choice.Length) > LongestChoice)
        {
            throw new InvalidRequestException($"Reading a list of choices: expected at most {LongestChoice:N0} characters in all, found more. Offer fewer.");
        }
        return new TextPart(space.Texts(choices), space);
    }

    private Part Shape(AnswerShape shape, LanguageSpace space) => shape switch
    {
        AnswerShape.Literal(var text) => new TextPart(space.Text(text), space),
        AnswerShape.Marker(var text) => Vocabulary.IsMarker(text) ? new MarkerPart(text) : new TextPart(space.Text(text), space),
        AnswerShape.Json(var schema, var conventions) => Json(schema, conventions, space),
        AnswerShape.Grammar(var grammar) => new RulePart(GbnfGrammar.Read(grammar, space)),
        AnswerShape.Pattern(var regex) => Pattern(regex, space),
        AnswerShape.Prose(var without) => new TextPart(Prose(without, space), space),
        AnswerShape.Sequence(var parts) => new SequencePart([.. parts.Select(part => Shape(part, space))]),
        AnswerShape.Either(var options) => new EitherPart([.. options.Select(option => Shape(option, space))]),
        AnswerShape.Repeat(var part, var min, var max, var separator) => new RepeatPart(Shape(part, space), new TextPart(space.Text(separator), space), min, max),
        _ => throw new InvalidOperationException($"A shape of the unknown kind {shape.GetType().Name}."),
    };

    private static Language Prose(IReadOnlyList<string> without, LanguageSpace space)
    {
        Language prose = space.Anything;
        foreach (string text in without)
        {
            prose = space.Both(prose, space.Not(space.Sequence(space.Anything, space.Text(text), space.Anything)));
        }
        return prose;
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
