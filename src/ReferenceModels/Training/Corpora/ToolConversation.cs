using System.Text.Json.Nodes;

namespace ReferenceModels.Training.Corpora;

/// <summary>A conversation in which some tools are offered: a question that needs one is answered by calls and then with their results; one that needs no tool,
/// or a tool that is not offered, is answered in words.</summary>
/// <param name="Offered">The tools.</param>
/// <param name="Messages">The turns, in the form of OpenAI's API.</param>
internal sealed record ToolConversation(IReadOnlyList<OfferedTool> Offered, JsonArray Messages)
{
    private const string NoTool = "I have no tool for that.";
    private static readonly ToolKind[] Kinds = Enum.GetValues<ToolKind>();
    private static readonly string[] Before = ["Hello! ", "Hi, ", "Please: ", "Hi! ", "I have a question. "];
    private static readonly string[] After = [" Please.", " Thanks.", " Thank you!", " Use the tool.", " Use a tool.", " Please use the tool.", " Use your tools."];

    /// <summary>A conversation whose questions all belong to a part.</summary>
    public static ToolConversation Of(Draw draw, CorpusPart part)
    {
        OfferedTool[] offered = Offer(draw);
        var conversation = new ToolConversation(offered, []);
        int rounds = draw.Below(8) switch { < 5 => 1, < 7 => 2, _ => 3 };
        ToolKind? last = null;
        for (int i = 0; i < rounds; i++)
        {
            last = draw.Below(8) switch
            {
                0 => conversation.Talk(draw, part),
                1 => conversation.AskForNothing(draw, part),
                2 => conversation.AskTwice(draw, part, i),
                _ => conversation.Ask(draw, part, last, i),
            };
        }
        return conversation;
    }

    /// <summary>The conversation as a line of a data file.</summary>
    public JsonObject Entry
    {
        get
        {
            var entry = new JsonObject();
            if (Offered.Count > 0)
            {
                entry["tools"] = new JsonArray([.. Offered.Select(tool => new JsonObject
                {
                    ["type"] = "function",
                    ["function"] = new JsonObject
                    {
                        ["name"] = tool.Name,
                        ["parameters"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject(tool.Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)new JsonObject { ["type"] = parameter.Type }))),
                        },
                    },
                })]);
            }
            entry["messages"] = Messages.DeepClone();
            return entry;
        }
    }

    private IReadOnlyList<OfferedTool> Callable => [.. Offered.Where(tool => tool.Kind is not null)];

    // Sometimes none, mostly one to three, at most one of each kind, and some that no question needs.
    private static OfferedTool[] Offer(Draw draw)
    {
        int style = draw.Below(OfferedTool.Styles), kinds = draw.Below(8) switch { 0 => 0, < 3 => 1, < 6 => 2, 6 => 3, _ => 4 };
        List<OfferedTool> offered = [];
        foreach (ToolKind kind in Shuffled(Kinds, draw).Take(kinds))
        {
            offered.Add(OfferedTool.Of(kind, style, draw));
        }
        int others = draw.Below(6) switch { 0 => 1, 1 => 2, _ => 0 };
        for (int i = 0; i < others; i++)
        {
            OfferedTool other = OfferedTool.Other(style, draw);
            if (offered.All(tool => tool.Name != other.Name))
            {
                offered.Insert(draw.Below(offered.Count + 1), other);
            }
        }
        return [.. offered];
    }

    private ToolKind? Talk(Draw draw, CorpusPart part)
    {
        while (true)
        {
            (string said, string answer) = SmallTalk.Of(draw);
            // There are few greetings, so the offered tools count as part of the combination, too.
            if (Split.Of([said, .. Offered.Select(tool => tool.Name)]) == part)
            {
                Say("user", said);
                Say("assistant", answer);
                return null;
            }
        }
    }

    // A question for a tool that is not offered.
    private ToolKind? AskForNothing(Draw draw, CorpusPart part)
    {
        ToolKind[] missing = [.. Kinds.Where(kind => Offered.All(tool => tool.Kind != kind))];
        if (missing.Length == 0)
        {
            return Talk(draw, part);
        }
        ToolQuestion question = Drawn(OfferedTool.Of(draw.From(missing), 0, draw), draw, part);
        Say("user", Dress(question.Asked, draw));
        Say("assistant", NoTool);
        return null;
    }

    private ToolKind? Ask(Draw draw, CorpusPart part, ToolKind? last, int round)
    {
        if (Callable.Count == 0)
        {
            return AskForNothing(draw, part);
        }
        OfferedTool tool = last is not null && draw.Once(2) ? Callable.Single(tool => tool.Kind == last) : draw.From(Callable);
        ToolQuestion question = Drawn(tool, draw, part);
        Say("user", last == tool.Kind && draw.Once(2) ? question.Again : Dress(question.Asked, draw));
        Call([.. question.Calls.Select(call => (tool, call))], draw, round);
        return tool.Kind;
    }

    // Two questions at once, for one tool or two.
    private ToolKind? AskTwice(Draw draw, CorpusPart part, int round)
    {
        if (Callable.Count == 0)
        {
            return AskForNothing(draw, part);
        }
        OfferedTool[] two = [draw.From(Callable), draw.From(Callable)];
        ToolQuestion[] questions = [.. two.Select(tool => Drawn(tool, draw, part))];
        string first = questions[0].Asked, second = questions[1].Asked;
        Say("user", draw.Once(2) ? $"{first} {second}" : $"{first[..^1]} and {char.ToLowerInvariant(second[0]) + second[1..]}");
        Call([.. two.Zip(questions).SelectMany(pair => pair.Second.Calls.Select(call => (pair.First, call)))], draw, round);
        return two[1].Kind;
    }

    private static ToolQuestion Drawn(OfferedTool tool, Draw draw, CorpusPart part)
    {
        while (true)
        {
            var question = ToolQuestion.Of(tool, draw);
            // A question for the local time has no value, so its result is used instead.
            string[] about = [.. question.Calls.SelectMany(call => call.Values.DefaultIfEmpty(call.Result.Content))];
            if (Split.Of([question.Kind.ToString(), .. about]) == part)
            {
                return question;
            }
        }
    }

    private void Call(IReadOnlyList<(OfferedTool Tool, ToolQuestion.Call Call)> calls, Draw draw, int round)
    {
        var list = new JsonArray();
        foreach (((OfferedTool tool, ToolQuestion.Call call), int i) in calls.Select((call, i) => (call, i)))
        {
            list.Add((JsonNode)new JsonObject
            {
                ["id"] = $"call_{round}_{i}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = tool.Name, ["arguments"] = call.Arguments(tool) },
            });
        }
        Messages.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["tool_calls"] = list });
        for (int i = 0; i < calls.Count; i++)
        {
            Messages.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = $"call_{round}_{i}", ["content"] = draw.Once(16) ? calls[i].Call.Result.Wrapped(draw) : calls[i].Call.Result.Content });
        }
        Say("assistant", string.Join(' ', calls.Select(call => call.Call.Answer)));
    }

    private void Say(string role, string content) => Messages.Add((JsonNode)new JsonObject { ["role"] = role, ["content"] = content });

    // People greet, say thanks, and omit punctuation and capitals.
    private static string Dress(string question, Draw draw)
    {
        question = draw.Once(10) ? draw.From(Before) + question : question;
        question = draw.Once(8) ? question + draw.From(After) : draw.Once(12) ? question[..^1] : question;
        return draw.Once(12) ? char.ToLowerInvariant(question[0]) + question[1..] : question;
    }

    private static List<T> Shuffled<T>(IEnumerable<T> things, Draw draw)
    {
        List<T> left = [.. things], shuffled = [];
        while (left.Count > 0)
        {
            int next = draw.Below(left.Count);
            shuffled.Add(left[next]);
            left.RemoveAt(next);
        }
        return shuffled;
    }
}
