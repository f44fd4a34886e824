using System.Text.RegularExpressions;
using Engine.Host.Tests.Api;

namespace Clients.Tests;

/// <summary>What every client library that knows tools must be able to do with the server: functions are really called, and what they return is used.</summary>
public abstract partial class ToolClientContract
{
    private protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>Whether the library streams answers.</summary>
    protected virtual bool Streams => true;

    /// <summary>The library, unchanged but for its address.</summary>
    /// <param name="server">The server's address, without a path.</param>
    protected abstract IToolClient Connect(Uri server);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_function_is_called_and_its_result_used(bool stream)
    {
        ScriptedBackend backend = Script();
        await using TestServer server = await TestServer.StartAsync(backend);
        Called called = await AskAsync(server, stream, Choice.Auto, "weather");
        Assert.Equal("The tools say: 21 degrees in Oslo for 2 days.", called.Text);
        Assert.Equal(["weather Oslo 2"], called.Calls);
        // The second prompt continues where the first ended, however the client writes the turns.
        string[] prompts = [.. backend.Requests.Select(ToolScript.Prompt)];
        string name = Names(prompts[0]).First();
        Assert.Equal([prompts[0], prompts[0] + $$"""<tool_call>{{name}} {"city": "Oslo", "days": 2}</tool_call><tool>21 degrees in Oslo for 2 days<assistant>"""], prompts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_functions_are_called_at_once(bool stream)
    {
        ScriptedBackend backend = Script();
        await using TestServer server = await TestServer.StartAsync(backend);
        Called called = await AskAsync(server, stream, Choice.Auto, "both");
        Assert.Equal("The tools say: 21 degrees in Oslo for 2 days and noon.", called.Text);
        Assert.Equal(["weather Oslo 2", "now"], called.Calls);
        Assert.Equal(2, backend.Requests.Count);
        Assert.Contains("<assistant>Let me see.<tool_call>", ToolScript.Prompt(backend.Requests.Last()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_conversation_continues_after_calls(bool stream)
    {
        ScriptedBackend backend = Script();
        await using TestServer server = await TestServer.StartAsync(backend);
        Called called = await AskAsync(server, stream, Choice.Auto, "weather", "time");
        Assert.Equal("The tools say: noon.", called.Text);
        Assert.Equal(["weather Oslo 2", "now"], called.Calls);
        string[] prompts = [.. backend.Requests.Select(ToolScript.Prompt)];
        Assert.Equal(4, prompts.Length);
        Assert.StartsWith(prompts[1] + "The tools say: 21 degrees in Oslo for 2 days.<user>time<assistant>", prompts[3], StringComparison.Ordinal);
    }

    private protected Task<Called> AskAsync(TestServer server, bool stream, Choice choice, params string[] questions) =>
        Connect(server.Client.BaseAddress!).AskAsync("default", questions, choice, stream && Streams).WaitAsync(Soon);

    private protected static ScriptedBackend Script() => new() { ChatTemplate = ToolScript.Template, Says = request => Say(ToolScript.Prompt(request)) };

    private static string[] Say(string prompt)
    {
        string turn = prompt[prompt.LastIndexOf("<user>", StringComparison.Ordinal)..];
        string[] results = [.. Results().Matches(turn).Select(match => match.Groups[1].Value)];
        if (results.Length > 0)
        {
            return ["The tools", " say: ", string.Join(" and ", results), ".", ""];
        }
        if (Names(prompt) is not [string weather, ..] names)
        {
            return ["I see", " no tools.", ""];
        }
        string now = names[^1];
        string[] aboutWeather = ["<tool", "_call>\n{\"name\": \"", weather, "\", \"arguments\": {\"city\": \"Oslo\",", " \"days\": 2}}\n", "</tool_call>"];
        string[] aboutTime = ["<tool_call>\n{\"name\": \"", now, "\", \"arguments\": {}}", "\n</tool_call>"];
        return turn.StartsWith("<user>both", StringComparison.Ordinal) ? ["Let me", " see.", "\n", .. aboutWeather, "\n", .. aboutTime, ""]
            : turn.StartsWith("<user>time", StringComparison.Ordinal) ? [.. aboutTime, ""]
            : [.. aboutWeather, ""];
    }

    // Some clients put a name before that of the function, and some show only the one that must be called.
    private static string[] Names(string prompt) => [.. Shown().Matches(prompt).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"\[([\w-]*(?:weather|now)) \{")]
    private static partial Regex Shown();

    [GeneratedRegex("<tool>([^<]*)")]
    private static partial Regex Results();
}

/// <summary>The same for libraries in which a function can be required, or none allowed.</summary>
public abstract class ToolChoiceClientContract : ToolClientContract
{
    [Theory]
    [InlineData(false, Choice.Required)]
    [InlineData(true, Choice.Required)]
    [InlineData(false, Choice.Weather)]
    [InlineData(true, Choice.Weather)]
    public async Task A_call_that_is_required_is_a_constraint(bool stream, Choice choice)
    {
        ScriptedBackend backend = Script();
        await using TestServer server = await TestServer.StartAsync(backend);
        Called called = await AskAsync(server, stream, choice, "weather");
        Assert.Equal(["weather Oslo 2"], called.Calls);
        Assert.NotNull(backend.Requests.First().Constraint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_model_that_must_not_call_sees_no_functions(bool stream)
    {
        ScriptedBackend backend = Script();
        await using TestServer server = await TestServer.StartAsync(backend);
        Called called = await AskAsync(server, stream, Choice.None, "weather");
        Assert.Equal("I see no tools.", called.Text);
        Assert.Empty(called.Calls);
    }
}

/// <summary>The same with a real model, for libraries that send the schemas of functions as they are.</summary>
public abstract class RealToolClientContract(ShippedModels models) : ToolChoiceClientContract, IClassFixture<ShippedModels>
{
    /// <summary>The story teller knows no functions: what holds it to the call is the constraint.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_model_makes_the_call_that_is_required(bool stream)
    {
        Called called = await Connect(models.Address).AskAsync(ShippedModels.Stories, ["One rainy day, Peter was in the garden."], Choice.Weather, stream && Streams).WaitAsync(Soon);
        Assert.Matches("^weather .{0,12} [1-9]$", called.Calls[0]);
    }
}
