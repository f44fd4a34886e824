using System.Collections;
using System.Reflection;
using System.Text.Json;
using Engine.Constraints;
using Engine.Remote.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Engine.Remote.Tests;

/// <summary>The whole contract is transmitted. Properties are found by reflection: a new one that is not transmitted fails here.</summary>
public sealed class ProtocolTests
{
    private static readonly JsonSerializerOptions Plain = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly Activation SomeActivation = new("l_out-0", "ADD", 1, [2, 3], [1, 2, 3, 4, 5, float.NaN]) { Part = "encoder" };

    public static TheoryData<string> Prompts => [.. Texts.Keys];

    private static Dictionary<string, Prompt> Texts { get; } = new()
    {
        ["text"] = Prompt.FromText("naïve 😀 \0"),
        ["empty"] = Prompt.FromText(""),
        ["pair"] = Prompt.FromPair("one", "two"),
        ["tokens"] = Prompt.FromTokens([0, -1, int.MaxValue]),
        ["no tokens"] = Prompt.FromTokens([]),
        ["segments"] = Prompt.FromTokens([1, 2], [0, 1]),
        ["parts"] = Prompt.FromParts([new("<s>", true), new("a", false)]),
        ["no parts"] = Prompt.FromParts([]),
    };

    [Theory]
    [MemberData(nameof(Prompts))]
    public void A_request_to_score_arrives_as_it_was(string prompt)
    {
        var request = new ScoreRequest
        {
            Tokens = Texts[prompt],
            Source = Prompt.FromText("source"),
            FirstPosition = 3,
            PositionCount = 4,
            Form = ScoreForm.TopK,
            TopK = 5,
            BlockRows = 6,
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Deadline = TimeSpan.FromTicks(123_456_789),
            Activations = ["a", "b"],
            Replay = [SomeActivation],
        };
        Same(request, Requests.Of(Travel(Calls.Of(request, new()), ScoreCall.Parser)), new ScoreRequest { Tokens = Prompt.FromText("another") });
        var least = new ScoreRequest { Tokens = Texts[prompt] };
        Same(least, Requests.Of(Travel(Calls.Of(least, new()), ScoreCall.Parser)));
    }

    [Fact]
    public void A_request_to_generate_arrives_as_it_was()
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromText("a"),
            MaxTokens = 0,
            Sampling = new()
            {
                Temperature = 1.5f,
                TopK = 7,
                TopP = 0.5f,
                MinP = 0.25f,
                XtcProbability = 0.125f,
                XtcThreshold = 0.2f,
                RepetitionPenalty = 1.25f,
                FrequencyPenalty = -1,
                PresencePenalty = 2,
                PenaltyWindow = -1,
                Mirostat = 2,
                MirostatTau = 4,
                MirostatEta = 0.3f,
                Samplers = "",
                Seed = ulong.MaxValue,
            },
            LogitBias = new Dictionary<int, float> { [3] = float.NegativeInfinity, [-1] = 2 },
            Constraint = new ChoiceConstraint(["yes", "no"]),
            AlwaysValid = true,
            Stop = ["\n", "end"],
            IgnoreEndOfGeneration = true,
            Logits = StepLogits.TopK,
            TopK = 3,
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Deadline = TimeSpan.Zero,
        };
        Same(request, Requests.Of(Travel(Calls.Of(request, new()), GenerateCall.Parser)), new GenerateRequest { Prompt = Prompt.FromTokens([]) });
        Assert.All(typeof(SamplingOptions).GetProperties(BindingFlags.Instance | BindingFlags.Public), property => Assert.NotNull(property.GetValue(request.Sampling)));
        var least = new GenerateRequest { Prompt = Prompt.FromText("a") };
        Same(least, Requests.Of(Travel(Calls.Of(least, new()), GenerateCall.Parser)));
    }

    [Fact]
    public void A_request_to_embed_arrives_as_it_was()
    {
        var request = new EmbedRequest
        {
            Inputs = [.. Texts.Values],
            Pooling = Pooling.Last,
            Normalize = true,
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Deadline = TimeSpan.FromDays(2),
            Activations = ["*"],
            Replay = [SomeActivation],
        };
        Same(request, Requests.Of(Travel(Calls.Of(request, new()), EmbedCall.Parser)), new EmbedRequest { Inputs = [] });
    }

    [Fact]
    public void Each_kind_of_constraint_arrives_as_it_was()
    {
        AnswerShape[] shapes =
        [
            new AnswerShape.Literal("ä"), new AnswerShape.Marker("<tool>"), new AnswerShape.Json(JsonElement.Parse("[1]"), new(true, true)), new AnswerShape.Json(JsonElement.Parse("{}")), new AnswerShape.Grammar("root ::= \"a\""),
            new AnswerShape.Pattern("a+"), new AnswerShape.Prose(["x", ""]), new AnswerShape.Sequence([]), new AnswerShape.Either([new AnswerShape.Literal("b")]),
            new AnswerShape.Repeat(new AnswerShape.Literal("c"), 0, 0, ","), new AnswerShape.Repeat(new AnswerShape.Literal("c"), 1, null),
        ];
        Assert.Equal(typeof(AnswerShape).GetNestedTypes().Where(kind => kind.BaseType == typeof(AnswerShape)).OrderBy(kind => kind.Name), shapes.Select(shape => shape.GetType()).Distinct().OrderBy(kind => kind.Name));
        Constraint[] all =
        [
            new ShapeConstraint(new AnswerShape.Sequence(shapes)), Constraint.JsonObject, new JsonSchemaConstraint("""{"enum": [1, "ä"]}""") { AnyOrder = true, ReadsDescriptions = true, LocalTimes = true },
            new GrammarConstraint("root ::= \"a\""), new RegexConstraint("a+"), new ChoiceConstraint(["a", ""]),
        ];
        var kinds = typeof(Constraint).Assembly.GetTypes().Concat(typeof(Registry.EngineBuilder).Assembly.GetTypes()).Where(type => type.BaseType == typeof(Constraint) && type != typeof(CodeConstraint));
        Assert.Equal(kinds.OrderBy(kind => kind.Name), all.Select(constraint => constraint.GetType()).Distinct().OrderBy(kind => kind.Name));
        foreach (Constraint constraint in all)
        {
            Constraint received = Requests.Of(Travel(Calls.Of(new GenerateRequest { Prompt = Prompt.FromText("a"), Constraint = constraint }, new()), GenerateCall.Parser)).Constraint!;
            Assert.Equal(constraint.GetType(), received.GetType());
            if (constraint is ShapeConstraint shape)
            {
                Assert.Equal(ShapeText.Write(shape.Shape), ShapeText.Write(((ShapeConstraint)received).Shape));
            }
            else
            {
                Same(constraint, received, constraint is JsonSchemaConstraint && constraint != Constraint.JsonObject ? new JsonSchemaConstraint("true") : null);
            }
        }
    }

    [Fact]
    public void A_constraint_in_code_is_refused_before_it_is_sent()
    {
        var error = Assert.Throws<UnsupportedRequestException>(() => Calls.Of(new GenerateRequest { Prompt = Prompt.FromText("a"), Constraint = new CodeConstraint(_ => throw new NotSupportedException()) }, new()));
        Assert.Contains("expected a constraint that is data, found CodeConstraint", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_arrives_as_it_was()
    {
        var token = new GeneratedToken
        {
            Token = 5,
            Text = "ä",
            Index = 6,
            PromptTokens = 7,
            CachedTokens = 8,
            Elapsed = TimeSpan.FromTicks(9),
            Logits = [1, float.NegativeInfinity, -0f],
            TopK = [new(1, -0.5f), new(2, -1)],
            LogProbability = -0.25f,
            FinishReason = FinishReason.Stop,
            StopText = "",
        };
        Same(token, Answers.Of(Travel(Answers.Of(token), TokenPart.Parser)), new GeneratedToken { Token = 0, Text = "", Index = 0, PromptTokens = 0 });
        var least = new GeneratedToken { Token = 0, Text = "", Index = 0, PromptTokens = 0, FinishReason = FinishReason.EndOfGeneration, TopK = [] };
        Same(least, Answers.Of(Travel(Answers.Of(least), TokenPart.Parser)));
    }

    public static TheoryData<Type> Errors => [.. typeof(EngineException).Assembly.GetTypes().Concat(typeof(Registry.EngineBuilder).Assembly.GetTypes()).Where(type => type.IsPublic && type.IsAssignableTo(typeof(EngineException)) && type != typeof(Chat.ChatTemplateException))];

    [Theory]
    [MemberData(nameof(Errors))]
    public void Each_typed_error_arrives_with_its_message_and_its_numbers(Type type)
    {
        EngineException error = type.Name switch
        {
            nameof(TokenOutOfRangeException) => new TokenOutOfRangeException(5, 4),
            nameof(ContextLengthExceededException) => new ContextLengthExceededException(129, 128),
            nameof(InsufficientMemoryException) => new InsufficientMemoryException("Too little: ä.", 1L << 40, 3),
            nameof(QueueFullException) => new QueueFullException("m", 3, TimeSpan.FromSeconds(2.5)),
            nameof(DeadlineExceededException) => new DeadlineExceededException("m", TimeSpan.FromSeconds(1.5)),
            nameof(InvalidRequestException) => new InvalidRequestException("It makes no sense.") { Property = "Stop" },
            _ => (EngineException)Activator.CreateInstance(type, [.. type.GetConstructors().First().GetParameters().Select(parameter => parameter.ParameterType == typeof(string) ? "A sentence: ä\n." : null)])!,
        };
        RpcException sent = Failures.ToRpc(error);
        EngineException received = Failures.ToException(Failures.Of(sent)!, []);
        Assert.Equal(type, received.GetType());
        Assert.Equal(error.Message, received.Message);
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(property => property.PropertyType != typeof(IReadOnlyList<Activation>)))
        {
            Assert.Equal(property.GetValue(error), property.GetValue(received));
        }
    }

    private static T Travel<T>(T message, MessageParser<T> parser) where T : IMessage<T> => parser.ParseFrom(message.ToByteArray());

    /// <param name="sent">What was sent.</param>
    /// <param name="received">What arrived.</param>
    /// <param name="defaults">A request of which <paramref name="sent"/> differs in every property.</param>
    private static void Same<T>(T sent, T received, T? defaults = null) where T : class
    {
        foreach (PropertyInfo property in sent.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            object? before = property.GetValue(sent), after = property.GetValue(received);
            Assert.Equal(Text(before), Text(after));
            if (defaults is not null)
            {
                Assert.True(Text(before) != Text(property.GetValue(defaults)), $"{property.Name} has its default: its way is not tested");
            }
        }

        static string Text(object? value) => value is IEnumerable and not string ? JsonSerializer.Serialize(value, value.GetType(), Plain) : JsonSerializer.Serialize(value, Plain);
    }
}
