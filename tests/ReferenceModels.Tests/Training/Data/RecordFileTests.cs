using System.Text;
using Engine;
using ReferenceModels.Training.Data;
using Record = ReferenceModels.Training.Data.Record;

namespace ReferenceModels.Tests.Training.Data;

public sealed class RecordFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_text_is_split_at_separators_and_documents_know_their_lines()
    {
        IReadOnlyList<Record> records = Read("a.txt", "\uFEFFone\ntwo\n<|endoftext|>\n\n<|endoftext|>\r\nthree <|endoftext|>\r\n\r\n<|endoftext|>");
        Assert.Equal([(1, "one\ntwo"), (6, "three <|endoftext|>\r\n")], records.Select(record => (record.Line, record.Text)));
    }

    [Fact]
    public void A_text_without_a_separator_is_one_document_to_its_last_character() => Assert.Equal("a\n\nb\n", Assert.Single(Read("a.txt", "a\n\nb\n")).Text);

    [Fact]
    public void An_empty_separator_cuts_at_blank_lines()
    {
        File.WriteAllText(_folder.File("a.txt"), "a\nb\n\nc\n");
        Assert.Equal(["a\nb", "c\n"], new RecordFile { Separator = "" }.Read(_folder.File("a.txt")).Select(record => record.Text));
    }

    [Fact]
    public void Json_lines_hold_texts_pairs_labels_and_conversations()
    {
        IReadOnlyList<Record> records = Read("a.jsonl", """
            {"text": "t"}

            {"source": "s", "target": "u"}
            {"first": "s", "second": "u", "label": 3}
            {"text": "t", "label": "good"}
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
            """);
        Assert.Equal([1, 3, 4, 5, 6], records.Select(record => record.Line));
        Assert.Equal([("t", null, null), ("s", "u", null), ("s", "u", "3"), ("t", null, "good")], records.Take(4).Select(record => (record.Text, record.Second, record.Label)));
        Assert.Equal([new Turn("user", "hi"), new Turn("assistant", "ho")], records[4].Turns);
    }

    [Fact]
    public void A_conversation_may_offer_tools_and_call_them()
    {
        Record record = Assert.Single(Read("a.jsonl", """
            {"tools": [{"type": "function", "function": {"name": "add"}}], "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "add", "arguments": "{\"a\": 1}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "2"}]}
            """));
        Assert.Equal("add", Assert.Single(record.Tools!).GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(["hi", "", "2"], record.Turns.Select(turn => turn.Content));
        Assert.Equal("""[{"id":"1","type":"function","function":{"name":"add","arguments":{"a":1}}}]""", record.Turns[1].Fields["tool_calls"].GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("1", record.Turns[2].Fields["tool_call_id"].GetString());
    }

    [Theory]
    [InlineData("{\"text\": \"a\", \"tools\": []}", "line 1, found a property \"tools\" next to \"text\"")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": {}}", "a list as \"tools\" in line 1, found {}")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"tools\": [{\"name\": \"add\"}]}", "tools with a \"function\" that has a \"name\" in line 1")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": []}]}", "a list of calls as \"tool_calls\" in line 1, found []")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [3]}]}", "calls with a \"function\" that has a \"name\" in line 1, found 3")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"content\": 3, \"tool_calls\": [{\"function\": {\"name\": \"add\"}}]}]}", "messages with a \"role\" and a \"content\"")]
    [InlineData("{\"messages\": [{\"role\": \"tool\", \"content\": \"a\", \"tool_call_id\": 3}]}", "a string as \"tool_call_id\" in line 1, found 3")]
    [InlineData("{\"text\": \"a\"}\nnot json", "line 2")]
    [InlineData("{\"text\": \"a\"}\n{\"text\": 3}", "a string as \"text\" in line 2, found a number")]
    [InlineData("{\"txt\": \"a\"}", "line 1, found a property \"txt\"")]
    [InlineData("[1]", "line 1, found an array")]
    [InlineData("{\"text\": \"a\", \"label\": 1.5}", "a whole number as \"label\" in line 1, found 1.5")]
    [InlineData("{\"messages\": []}", "a list of messages in line 1")]
    [InlineData("{\"messages\": [{\"role\": \"user\"}]}", "messages with a \"role\" and a \"content\", both strings in line 1")]
    [InlineData("{\"text\": \"\\ud800\"}", "line 1, found half of a surrogate pair")]
    [InlineData("{\"target\": \"a\"}", "a \"source\" with the \"target\" in line 1, found none")]
    [InlineData("{\"text\": \"a\"}\n{\"source\": \"a\"}", "a \"target\" with the \"source\" in line 2, found none")]
    [InlineData("{\"first\": \"a\", \"target\": \"b\"}", "a \"source\" with the \"target\" in line 1, found none")]
    [InlineData("{\"text\": \"a\", \"source\": \"b\"}", "line 1, found a property \"source\" next to \"text\"")]
    [InlineData("{\"text\": \"a\", \"messages\": []}", "line 1, found a property \"messages\" next to \"text\"")]
    [InlineData("{\"text\": \"a\", \"id\": 3}", "line 1, found a property \"id\" next to \"text\"")]
    [InlineData("{\"text\": \"a\", \"text\": \"b\"}", "\"text\" once in line 1, found it twice")]
    [InlineData("{\"label\": \"a\"}", "line 1, found none of them")]
    [InlineData("{\"text\": \"\"}", "some text as \"text\" in line 1, found none")]
    [InlineData("{\"source\": \"a\", \"target\": \" \"}", "some text as \"target\" in line 1, found blanks")]
    [InlineData("{\"text\": \"a\"", "a JSON object in line 1, found what is not JSON at column 13")]
    [InlineData("\n \n", "found nothing but blanks")]
    public void A_bad_line_is_refused_with_its_number(string text, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<InvalidRequestException>(() => Read("a.jsonl", text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_are_not_part_of_a_record() => Assert.Equal(
        [(1, "a"), (3, "b")], Read("a.jsonl", "\uFEFF{\"text\": \"a\"}\r\n\r\n{\"text\": \"b\"}\r\n").Select(record => (record.Line, record.Text)));

    [Fact]
    public void Invalid_UTF8_is_refused_with_its_line()
    {
        File.WriteAllBytes(_folder.File("a.txt"), [.. "one\ntwo\n"u8, 0xFF, .. "x"u8]);
        Assert.Contains("found the byte 0xFF in line 3", Assert.Throws<InvalidRequestException>(() => new RecordFile().Read(_folder.File("a.txt"))).Message, StringComparison.Ordinal);
        Assert.Contains("found no such file", Assert.Throws<InvalidRequestException>(() => new RecordFile().Read(_folder.File("b.txt"))).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<Record> Read(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text, new UTF8Encoding(false));
        return new RecordFile().Read(_folder.File(name));
    }
}
