using System.Text;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Tests.Chat.Tools;

public sealed class CallReaderTests
{
    private static readonly ToolSet Tools = new([new("search"), new("now"), new("python")]);

    /// <summary>Form, answer, what is read of it where the model ends it, and where it is cut off.</summary>
    public static TheoryData<string, string, string, string?> Answers => new()
    {
        // Hermes
        { FamilyTemplates.Hermes, "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"a </tool_call> b\", \"n\": [1, 2]}}\n</tool_call>", "«0 search {\"q\":\"a </tool_call> b\",\"n\":[1,2]}»", null },
        { FamilyTemplates.Hermes, "Let me see.\n\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"other\"}\n</tool_call>\n\nDone.", "Let me see.«0 now {}»«1 other {}»Done.", null },
        { FamilyTemplates.Hermes, "<tool_call>[{\"name\":\"now\",\"arguments\":null},{\"name\":\"search\",\"arguments\":\"{\\\"q\\\": 1}\"}]</tool_call>", "«0 now {}»«1 search {\"q\":1}»", null },
        { FamilyTemplates.Hermes, "<tool_call>{\"arguments\": {\"name\": \"x\"}, \"name\": \"now\"}", "«0 now {\"name\":\"x\"}»", null },
        { FamilyTemplates.Hermes, "Sure, <tool_call> is a mark.", "Sure, <tool_call> is a mark.", null },
        { FamilyTemplates.Hermes, "<tool_call>\n{'name': 'now'}\n</tool_call>", "<tool_call>\n{'name': 'now'}\n</tool_call>", null },
        { FamilyTemplates.Hermes, "<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": 1}</tool_call> Well.", "<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": 1}</tool_call> Well.", null },
        { FamilyTemplates.Hermes, "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>", "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>", null },
        { FamilyTemplates.Hermes, "<tool_call>{\"nam\": 1}</tool_call>\n<tool_call>{\"name\": \"now\"}</tool_call>", "<tool_call>{\"nam\": 1}</tool_call>«0 now {}»", null },
        { FamilyTemplates.Hermes, "<tool_call>{\"name\": \"\\ud800\"}</tool_call>", "<tool_call>{\"name\": \"\\ud800\"}</tool_call>", null },
        { FamilyTemplates.Hermes, "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"half", "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"half", "" },
        { FamilyTemplates.Hermes, "Text\n<tool_call>\n", "Text\n<tool_call>\n", "Text" },
        { FamilyTemplates.Hermes, "<tool_call>{\"name\": \"now\"}</tool_call><tool_call>{\"na", "«0 now {}»<tool_call>{\"na", "«0 now {}»" },
        { FamilyTemplates.Hermes, "1 < 2 and <tool", "1 < 2 and <tool", null },
        { FamilyTemplates.Hermes, "All is said.  \n", "All is said.  \n", null },
        // Llama
        { FamilyTemplates.Llama, "{\"name\": \"search\", \"parameters\": {\"q\": \"{\"}}", "«0 search {\"q\":\"{\"}»", null },
        { FamilyTemplates.Llama, "<|python_tag|>{\"name\": \"search\", \"parameters\": {}}; {\"type\": \"function\", \"name\": \"now\", \"parameters\": {}}", "«0 search {}»«1 now {}»", null },
        { FamilyTemplates.Llama, "<|python_tag|>search.call(query=\"a\\\"b\", n=-3, all=True, of=[1, None], by={'x': 'y'})", "«0 search {\"query\":\"a\\\"b\",\"n\":-3,\"all\":true,\"of\":[1,null],\"by\":{\"x\":\"y\"}}»", "" },
        { FamilyTemplates.Llama, "<|python_tag|>import math\nprint(math.pi)", "«0 python {\"code\":\"import math\\nprint(math.pi)\"}»", "" },
        { FamilyTemplates.Llama, "I look.\n{\"name\": \"now\", \"parameters\": {}}", "I look.«0 now {}»", null },
        { FamilyTemplates.Llama, "{\"name\": \"unknown\", \"parameters\": {}} is JSON", "{\"name\": \"unknown\", \"parameters\": {}} is JSON", null },
        { FamilyTemplates.Llama, "{\"answer\": {\"name\": \"now\", \"parameters\": {}}}", "{\"answer\": {\"name\": \"now\", \"parameters\": {}}}", null },
        { FamilyTemplates.Llama, "A {\"name\": \"now\", \"parameters\": {}}", "A {\"name\": \"now\", \"parameters\": {}}", null },
        { FamilyTemplates.Llama, "[1] first\n[2] second", "[1] first\n[2] second", null },
        { FamilyTemplates.Llama, "{\"name\": \"search\", \"para", "{\"name\": \"search\", \"para", "" },
        // Mistral
        { FamilyTemplates.MistralList, "[TOOL_CALLS] [{\"name\": \"search\", \"arguments\": {\"q\": \"]\"}, \"id\": \"aBcDeFgHi\"}, {\"name\": \"now\", \"arguments\": {}}]", "«0 search {\"q\":\"]\"}»«1 now {}»", null },
        { FamilyTemplates.MistralNamed, "See:[TOOL_CALLS]search[ARGS]{\"q\": 1}[TOOL_CALLS]now[CALL_ID]aBcDeFgHi[ARGS]{}", "See:«0 search {\"q\":1}»«1 now {}»", null },
        { FamilyTemplates.MistralNamed, "[TOOL_CALLS] no call", "[TOOL_CALLS] no call", "" },
        { FamilyTemplates.MistralNamed, "[TOOL_CALLS]search[ARGS]{\"q\": [1}", "[TOOL_CALLS]search[ARGS]{\"q\": [1}", "" },
        // DeepSeek
        { FamilyTemplates.DeepSeekFenced, "Hm.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search\n```json\n{\"q\": 1}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "Hm.«0 search {\"q\":1}»«1 now {}»", null },
        { FamilyTemplates.DeepSeekPlain, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "«0 now {}»", null },
        { FamilyTemplates.DeepSeekPlain, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{\"q", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{\"q", "" },
        // gpt-oss
        { FamilyTemplates.Harmony, "<|channel|>analysis<|message|>a < b<|end|><|start|>assistant<|channel|>commentary to=functions.search <|constrain|>json<|message|>{\"q\": 1}", "(a < b)«0 search {\"q\":1}»", "(a < b)" },
        { FamilyTemplates.Harmony, "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant to=functions.now<|channel|>commentary json<|message|><|call|>", "I look.«0 now {}»", null },
        { FamilyTemplates.Harmony, "<|channel|>final<|message|>It is |3|.<|return|>", "It is |3|.", null },
        { FamilyTemplates.Harmony, "<|channel|>commentary to=functions.now<|message|>{no", "{no", "" },
        { FamilyTemplates.Harmony, "<|channel|>analysis to=browser.search<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>Ok", "({})Ok", null },
        { FamilyTemplates.Harmony, "No channels at all.", "No channels at all.", "" },
        // arguments between marks: the schemas of these tools say nothing of their types
        { FamilyTemplates.Spelled, "I look.\n<tool_call>\n<function=search>\n<parameter=q>\na < b\n\n</parameter>\n<parameter=n>3</parameter>\n<parameter=all>\nTrue\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>", "I look.«0 search {\"q\":\"a < b\\n\",\"n\":3,\"all\":true}»«1 now {}»", null },
        { FamilyTemplates.Spelled, "<tool_call>\n<function=search>\n<parameter=q>\nhalf", "<tool_call>\n<function=search>\n<parameter=q>\nhalf", "" },
        { FamilyTemplates.Spelled, "<tool_call>\n<function=search>\nq = 1\n</function>", "<tool_call>\n<function=search>\nq = 1\n</function>", null },
        { FamilyTemplates.Paired, "<tool_call>search\n<arg_key>q</arg_key>\n<arg_value>\"a\"</arg_value>\n<arg_key>of</arg_key>\n<arg_value>[1, 2]</arg_value>\n</tool_call>", "«0 search {\"q\":\"\\\"a\\\"\",\"of\":[1,2]}»", null },
        // lists after a mark, and plain JSON
        { FamilyTemplates.Listed, "<|tool_call|>[{\"name\": \"search\", \"arguments\": {}}, {\"name\": \"now\"}]<|/tool_call|>", "«0 search {}»«1 now {}»", null },
        { FamilyTemplates.Plain, "{\"name\": \"search\", \"arguments\": {\"q\": 1.50}}", "«0 search {\"q\":1.50}»", null },
        { FamilyTemplates.Plain, "[{\"name\": \"search\", \"parameters\": {}}, {\"name\": \"now\"}]", "«0 search {}»«1 now {}»", null },
        { FamilyTemplates.Plain, "{\"type\": \"function\", \"function\": {\"name\": \"now\", \"arguments\": \"{}\"}}", "«0 now {}»", null },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Calls_are_told_from_text_wherever_the_answer_is_cut(string source, string answer, string ended, string? cut)
    {
        ToolForm form = new ChatTemplate(source).ToolForm;
        var random = new Random(answer.Length);
        for (int size = 1; size <= answer.Length; size++)
        {
            Assert.Equal(ended, Read(form, [.. answer.Chunk(size).Select(piece => new string(piece))], isCut: false));
        }
        for (int at = 0; at <= answer.Length; at++)
        {
            Assert.Equal(ended, Read(form, [answer[..at], answer[at..]], isCut: false));
        }
        for (int trial = 0; trial < 100; trial++)
        {
            var pieces = new List<string>();
            for (int at = 0; at < answer.Length;)
            {
                int length = random.Next(0, Math.Min(12, answer.Length - at) + 1);
                pieces.Add(answer.Substring(at, length));
                at += length;
            }
            Assert.Equal(ended, Read(form, pieces, isCut: false));
        }
        Assert.Equal(cut ?? ended, Read(form, [answer], isCut: true));
        Assert.Equal(cut ?? ended, Read(form, [.. answer.Select(c => c.ToString())], isCut: true));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Half_a_call_of_any_length_is_not_a_call(string source, string answer, string ended, string? cut)
    {
        ToolForm form = new ChatTemplate(source).ToolForm;
        int calls = Count(ended);
        Assert.True(cut is null || Count(cut) <= calls);
        for (int length = 0, before = 0; length <= answer.Length; length++)
        {
            int read = Count(Read(form, [answer[..length]], isCut: true));
            Assert.InRange(read, before, calls); // never one that the whole answer has not
            before = read;
        }
    }

    [Fact]
    public void A_spelled_argument_has_the_type_in_the_schema()
    {
        ToolForm form = new ChatTemplate(FamilyTemplates.Paired).ToolForm;
        var tools = new ToolSet([new("f", null, System.Text.Json.JsonElement.Parse("""{"type":"object","properties":{"text":{"type":"string"},"maybe":{"type":["string","null"]},"number":{"type":"number"},"list":{"type":"array"},"kind":{"enum":["1"]}}}"""))]);
        string Argument(string name, string value) => $"<arg_key>{name}</arg_key>\n<arg_value>{value}</arg_value>\n";
        string call = "<tool_call>f\n" + Argument("text", "12") + Argument("maybe", "null") + Argument("number", "1.50") + Argument("list", "[\"a\"]") + Argument("kind", "1") + Argument("other", "{\"a\": 1}") + "</tool_call>";
        Assert.Equal("«0 f {\"text\":\"12\",\"maybe\":\"null\",\"number\":1.50,\"list\":[\"a\"],\"kind\":\"1\",\"other\":{\"a\":1}}»", Read(form, [call], isCut: false, tools));
        var refused = Assert.Throws<InvalidRequestException>(() => Required("""{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}"""));
        Assert.Contains("its argument 'a' is a text with 'pattern'", refused.Message, StringComparison.Ordinal);
        Required("""{"type":"object","properties":{"a":{"type":"string","description":"x"},"b":{"type":"integer","minimum":1}}}""");

        void Required(string schema)
        {
            var chat = new TemplatedChat(new ChatTemplate(FamilyTemplates.Paired), new ToolSet([new("f", null, System.Text.Json.JsonElement.Parse(schema))]) { Mode = ToolMode.Required });
            chat.Constrain(chat.Render(new ChatTemplateInput { Messages = [new("user", "Hi")] }), null);
        }
    }

    [Fact]
    public void Text_is_handed_out_as_soon_as_it_cannot_begin_a_call()
    {
        ICallReader reader = MarkedForm.Hermes.NewReader(Tools);
        Assert.Equal(["Well"], Said("Well "));
        Assert.Equal([" a"], Said("a <"));
        Assert.Equal([" <b"], Said("b"));
        Assert.Equal([], Said("<tool_call"));
        Assert.Equal(["<tool_calls"], Said("s"));
        Assert.Equal([new string(' ', 100)], Said(new string(' ', 100)));

        List<string> Said(string text)
        {
            var pieces = new List<AnswerPiece>();
            reader.Add(text, pieces);
            return [.. pieces.Select(piece => piece.Text)];
        }
    }

    [Fact]
    public void A_call_is_handed_out_when_its_JSON_ends_with_an_id_like_no_other()
    {
        ICallReader reader = MarkedForm.Hermes.NewReader(Tools);
        var pieces = new List<AnswerPiece>();
        reader.Add("<tool_call>\n{\"name\": \"now\", \"arguments\": {}", pieces);
        Assert.Empty(pieces);
        reader.Add("}", pieces);
        string first = Assert.Single(pieces).Call!.Id;
        Assert.Matches("^call_[0-9A-Za-z]{24}$", first);
        reader.Add("\n</tool_call>\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}, \"id\": \"mine\"}</tool_call><tool_call>{\"name\": \"now\", \"id\": \"mine\"}", pieces);
        Assert.Equal(3, pieces.Count);
        Assert.Equal("mine", pieces[1].Call!.Id);
        Assert.Equal(3, pieces.Select(piece => piece.Call!.Id).Distinct().Count());
    }

    [Fact]
    public void If_a_call_is_required_its_beginning_is_not_part_of_the_text()
    {
        Assert.Equal("", Read(MarkedForm.Hermes, ["<tool_"], isCut: true, Tools with { Mode = ToolMode.Required }));
        Assert.Equal("<tool_", Read(MarkedForm.Hermes, ["<tool_"], isCut: true));
    }

    [Fact]
    public void A_long_answer_of_broken_calls_is_read_quickly()
    {
        string answer = string.Concat(Enumerable.Repeat("<tool_call>{\"name\": \"", 2000));
        Assert.Equal(answer, Read(MarkedForm.Hermes, [.. answer.Chunk(3).Select(piece => new string(piece))], isCut: false));
        string nested = "{\"name\": \"now\", \"arguments\": " + new string('[', 100_000);
        Assert.Equal("", Read(MarkedForm.Hermes, ["<tool_call>", .. nested.Select(c => c.ToString())], isCut: true));
    }

    private static int Count(string read) => read.Count(c => c == '«');

    private static string Read(ToolForm form, IReadOnlyList<string> pieces, bool isCut, ToolSet? tools = null)
    {
        ICallReader reader = form.NewReader(tools ?? Tools);
        var read = new List<AnswerPiece>();
        foreach (string piece in pieces)
        {
            reader.Add(piece, read);
        }
        reader.Finish(isCut, read);
        var text = new StringBuilder();
        AnswerPieceKind? before = null;
        foreach (AnswerPiece piece in read)
        {
            if (before == AnswerPieceKind.Thought && piece.Kind != before)
            {
                text.Append(')');
            }
            text.Append(piece.Kind switch
            {
                AnswerPieceKind.Call => $"«{piece.Call!.Index} {piece.Call.Name} {piece.Call.Arguments}»",
                AnswerPieceKind.Thought when before != piece.Kind => "(" + piece.Text,
                _ => piece.Text,
            });
            before = piece.Kind;
        }
        return text + (before == AnswerPieceKind.Thought ? ")" : "");
    }
}
