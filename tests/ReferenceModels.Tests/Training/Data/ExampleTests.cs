using System.Text.Json;
using Engine;
using Engine.Chat;
using ReferenceModels.Training.Data;
using Record = ReferenceModels.Training.Data.Record;

namespace ReferenceModels.Tests.Training.Data;

public sealed class ExampleTests : IDisposable
{
    private readonly TrainingFiles _files = new();

    public void Dispose() => _files.Dispose();

    private ITokenizer Tokenizer(string architecture)
    {
        string data = _files.Write("words.txt", "one two three four five six seven eight nine ten assistant: user:\n");
        return ReferenceBackend.ReadTokenizer(_files.Model(TrainingFiles.Shape(architecture), data, 300));
    }

    [Fact]
    public void Packed_windows_have_every_token_but_the_first_once_as_a_target()
    {
        var packed = new PackedText([[1, 2, 3, 4], [5, 6, 7], [8]], 3);
        Assert.Equal(3, packed.Count);
        Assert.Equal(["1 2 3 > 2 3 4", "4 5 6 > 5 6 7", "7 > 8"], Enumerable.Range(0, 3).Select(i => packed.Visit(i, 0))
            .Select(example => $"{string.Join(' ', example.Tokens)} > {string.Join(' ', example.Targets)}"));
    }

    [Fact]
    public void Every_epoch_has_each_example_once_in_its_own_order()
    {
        var order = new ExampleOrder(50, 9, shuffle: true);
        int[] first = [.. Enumerable.Range(0, 50).Select(n => order[n])], second = [.. Enumerable.Range(50, 50).Select(n => order[n])];
        Assert.Equal(Enumerable.Range(0, 50), first.Order());
        Assert.Equal(Enumerable.Range(0, 50), second.Order());
        Assert.NotEqual(first, second);
        Assert.Equal(second[7], new ExampleOrder(50, 9, shuffle: true)[57]);
        Assert.NotEqual(first, Enumerable.Range(0, 50).Select(n => new ExampleOrder(50, 10, shuffle: true)[n]));
        var plain = new ExampleOrder(3, 9, shuffle: false);
        Assert.Equal([0, 1, 2, 0, 1], Enumerable.Range(0, 5).Select(n => plain[n]));
    }

    [Fact]
    public void Fifteen_percent_are_masked_and_of_these_eight_in_ten_are_hidden_and_one_in_ten_is_another()
    {
        ITokenizer tokenizer = Tokenizer("bert");
        var builder = new ExampleBuilder(tokenizer, 1000, "data");
        int mask = Assert.Single(tokenizer.Encode("[MASK]", addSpecial: false, parseSpecial: true));
        int[] text = [.. tokenizer.Encode(string.Join(' ', Enumerable.Repeat("one two three four five", 40)))];
        var masked = new MaskedExamples(new ListedExamples([new Example { Tokens = text }]), builder);
        (int chosen, int hidden, int kept, int visits) = (0, 0, 0, 400);
        var positions = new HashSet<int>();
        for (int visit = 0; visit < visits; visit++)
        {
            Example example = masked.Visit(0, (ulong)visit);
            for (int i = 0; i < text.Length; i++)
            {
                if (example.Targets[i] == Example.Ignored)
                {
                    Assert.Equal(text[i], example.Tokens[i]);
                    continue;
                }
                Assert.Equal(text[i], example.Targets[i]);
                positions.Add(i);
                (chosen, hidden, kept) = (chosen + 1, hidden + (example.Tokens[i] == mask ? 1 : 0), kept + (example.Tokens[i] == text[i] ? 1 : 0));
            }
        }
        Assert.Equal(Enumerable.Range(1, text.Length - 2), positions.Order());   // all but [CLS] and [SEP]
        Assert.Equal(Math.Round(0.15 * (text.Length - 2)) * visits, chosen);
        // 12,000 draws, the same everywhere: three standard deviations are 0.011 and 0.008; a random token can be the old one or the mask.
        Assert.InRange((double)hidden / chosen, 0.785, 0.815);
        Assert.InRange((double)kept / chosen, 0.09, 0.115);
        Assert.Equal(masked.Visit(0, 5).Tokens, masked.Visit(0, 5).Tokens);
    }

    [Fact]
    public void Half_of_the_second_sentences_are_the_true_ones()
    {
        ITokenizer tokenizer = Tokenizer("bert");
        var pairs = new SentencePairs([.. Enumerable.Range(0, 5).Select(i => new Record { Line = i, Text = "one two\nthree\nfour five six" })], new ExampleBuilder(tokenizer, 8, "data"));
        Assert.Equal(10, pairs.Count);
        Example[] visits = [.. Enumerable.Range(0, 2000).Select(n => pairs.Visit(n % 10, (ulong)n * 77))];
        Assert.InRange(visits.Average(example => example.NextSentence), 0.46, 0.54); // 2,000 draws, the same everywhere: three standard deviations are 0.034
        Assert.All(visits, example =>
        {
            Assert.InRange(example.Tokens.Length, 5, 8);
            Assert.Equal(example.Tokens.Length, example.Segments.Length);
            Assert.Equal(2, example.Tokens.Count(token => token == tokenizer.Encode("")[1]));
            Assert.Equal(example.Segments.Order(), example.Segments);
        });
    }

    [Fact]
    public void In_a_conversation_only_what_the_assistant_says_counts()
    {
        ITokenizer tokenizer = Tokenizer("llama");
        string end = tokenizer.GetPiece(tokenizer.EndOfSequence!.Value);
        var builder = new ExampleBuilder(tokenizer, 200, "data") { Template = new ChatTemplate(Conversation.Default, new Dictionary<string, string> { ["eos_token"] = end }) };
        Example example = builder.Conversation(new Record { Line = 1, Turns = [new("user", "one two"), new("assistant", "three"), new("user", "four"), new("assistant", "five six"), new("user", "seven")] });

        string shown = tokenizer.Decode(example.Tokens), counted = tokenizer.Decode(example.Targets.Where(target => target != Example.Ignored));
        Assert.Equal("user: one two\nassistant: three\nuser: four\nassistant: five six", shown.TrimEnd());
        Assert.Equal(" three\n five six\n", counted);
        Assert.Equal(2, example.Targets.Count(target => target == tokenizer.EndOfSequence));
        Assert.Contains("line 4", Assert.Throws<InvalidRequestException>(() => builder.Conversation(new Record { Line = 4, Turns = [new("user", "one")] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_conversation_tool_calls_count_but_tools_and_results_do_not()
    {
        ITokenizer tokenizer = Tokenizer("llama");
        var template = new ChatTemplate("{{ tools[0].function.name }} {% for m in messages %}{{ m.role }} {{ m.content }}{{ m.tool_calls | tojson if m.tool_calls else '' }} {% endfor %}");
        Turn call = new("assistant", "") { Fields = new Dictionary<string, JsonElement> { ["tool_calls"] = JsonElement.Parse("[1]") } };
        Example example = new ExampleBuilder(tokenizer, 200, "data") { Template = template }.Conversation(new Record
        {
            Line = 1,
            Tools = [JsonElement.Parse("""{"function": {"name": "add"}}""")],
            Turns = [new("user", "one"), call, new("tool", "two"), new("assistant", "three")],
        });

        Assert.Equal("add user one assistant [1] tool two assistant three", tokenizer.Decode(example.Tokens).Trim());
        Assert.Equal("assistant [1]assistant three", tokenizer.Decode(example.Targets.Where(target => target != Example.Ignored)).Trim());
    }

    [Fact]
    public void An_unknown_class_is_refused_with_its_line()
    {
        var builder = new ExampleBuilder(Tokenizer("gpt2"), 20, "data") { Labels = ["x", "y"] };
        Assert.Equal(1, builder.Labelled(new Record { Line = 1, Text = "one", Label = "y" }).Label);
        Assert.Contains("expected one of x, y as \"label\" in line 8, found 'z'", Assert.Throws<InvalidRequestException>(
            () => builder.Labelled(new Record { Line = 8, Text = "one", Label = "z" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_follows_the_start_token_and_ends_with_the_end_token()
    {
        ITokenizer tokenizer = Tokenizer("t5");
        var builder = new ExampleBuilder(tokenizer, 50, "data") { DecoderStart = 0 };
        Example example = builder.SourceAndTarget(new Record { Line = 1, Text = "one two", Second = "three" });
        Assert.Equal(tokenizer.Encode("one two"), example.Source);
        Assert.Equal([.. tokenizer.Encode("three", addSpecial: false), tokenizer.EndOfSequence!.Value], example.Targets);
        Assert.Equal([0, .. example.Targets[..^1]], example.Tokens);
        Assert.Empty(builder.Shortened);
    }

    [Fact]
    public void Over_long_examples_are_reported_with_their_lines_and_a_text_still_ends()
    {
        ITokenizer t5 = Tokenizer("t5"), bert = Tokenizer("bert");
        const string Long = "one two three four five six seven eight nine ten";
        var pairs = new ExampleBuilder(t5, 5, "data");
        pairs.SourceAndTarget(new Record { Line = 1, Text = "one", Second = "two" });
        Example both = pairs.SourceAndTarget(new Record { Line = 2, Text = Long, Second = Long });
        Example target = pairs.SourceAndTarget(new Record { Line = 4, Text = "one", Second = Long });
        Assert.Equal([2, 4], pairs.Shortened);
        Assert.Equal([.. t5.Encode(Long).Take(4), t5.EndOfSequence!.Value], both.Source);
        Assert.Equal(t5.Encode(Long).Take(5), target.Targets);   // a truncated target gets no end token

        var labelled = new ExampleBuilder(bert, 5, "data") { Labels = ["x"] };
        Example pair = labelled.Labelled(new Record { Line = 7, Text = "one two", Second = Long, Label = "x" });
        Assert.Equal([7], labelled.Shortened);
        Assert.Equal((5, 5, bert.Encode("")[^1]), (pair.Tokens.Length, pair.Segments.Length, pair.Tokens[^1]));

        var sentences = new ExampleBuilder(bert, bert.Encode(Long, addSpecial: false).Count, "data");
        _ = new SentencePairs([new Record { Line = 3, Text = "one two\nthree\nfour" }, new Record { Line = 9, Text = $"one\n\ntwo\n{Long}\nfour" }], sentences);
        Assert.Equal([11, 12], sentences.Shortened);   // where the first sentence of each pair is
    }
}
