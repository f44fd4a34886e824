using System.Text.Json;
using Engine.Chat;
using Engine.Chat.Jinja;

namespace Engine.Tests.Chat;

/// <summary>Templates and single constructs as Jinja itself renders them, set up as transformers sets it up
/// (<c>tests/Golden/ChatTemplates/generate.py</c>). Exact to the character; what Jinja refuses is refused.</summary>
public sealed class ChatTemplateGoldenTests
{
    private static readonly string Folder = Path.Combine(SharedFolder.Checkout, "tests", "Golden", "ChatTemplates");
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "golden.json"))).RootElement;
    private static readonly DateTimeOffset Now = new(DateTime.Parse(Golden.GetProperty("now").GetString()!, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);

    public static TheoryData<string> Templates =>
        [.. Directory.GetFiles(Path.Combine(Folder, "templates"), "*.jinja").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_renders_as_Jinja_renders_it(string name)
    {
        var special = new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };
        var template = new ChatTemplate(File.ReadAllText(Path.Combine(Folder, "templates", name)), special);
        int cases = 0;
        foreach (JsonElement golden in Golden.GetProperty("templates").EnumerateArray().Where(golden => golden.GetProperty("template").GetString() == name))
        {
            JsonElement messages = Golden.GetProperty("conversations").GetProperty(golden.GetProperty("conversation").GetString()!);
            var input = new ChatTemplateInput
            {
                Messages = [.. messages.EnumerateArray().Select(TemplateMessage.FromJson)],
                Tools = golden.GetProperty("tools").GetBoolean() ? [.. Golden.GetProperty("tools").EnumerateArray()] : null,
                AddGenerationPrompt = golden.GetProperty("prompt").GetBoolean(),
                Variables = golden.GetProperty("variables").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value),
                Now = Now,
            };
            string where = $"{golden.GetProperty("conversation")}, tools {input.Tools is not null}, prompt {input.AddGenerationPrompt}";
            Compare(golden, where, () => template.Render(input).Text);
            cases++;
        }
        Assert.True(cases >= 44, $"{cases} cases");
    }

    [Fact]
    public void Each_construct_renders_as_Jinja_renders_it()
    {
        KeyValuePair<string, object>[] variables =
            [.. Golden.GetProperty("variables").EnumerateObject().Select(variable => KeyValuePair.Create(variable.Name, PyJson.Read(variable.Value)))];
        JsonElement[] cases = [.. Golden.GetProperty("expressions").EnumerateArray()];
        Assert.True(cases.Length >= 150);
        var differences = new List<string>();
        foreach (JsonElement golden in cases)
        {
            string source = golden.GetProperty("source").GetString()!;
            try
            {
                Compare(golden, source, () => Template.Parse(source).Render(variables, Now, CancellationToken.None).Value);
            }
            catch (Xunit.Sdk.XunitException difference)
            {
                differences.Add(difference.Message);
            }
        }
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Length} differ:\n{string.Join('\n', differences)}");
    }

    private static void Compare(JsonElement golden, string where, Func<string> render)
    {
        string found;
        try
        {
            found = render();
        }
        catch (Exception e) when (e is JinjaException or ChatTemplateException)
        {
            Assert.True(golden.TryGetProperty("error", out _), $"{where}\nexpected {golden}\nfound the error {e.Message}");
            return;
        }
        Assert.True(golden.TryGetProperty("text", out JsonElement text), $"{where}\nexpected {golden}\nfound {found}");
        Assert.True(text.GetString() == found, $"{where}\nexpected {text.GetString()}\nfound    {found}");
    }
}
