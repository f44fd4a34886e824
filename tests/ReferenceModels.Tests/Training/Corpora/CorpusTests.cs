using System.Text.Json;
using System.Text.RegularExpressions;
using ReferenceModels.Training.Corpora;
using ReferenceModels.Training.Data;
using Record = ReferenceModels.Training.Data.Record;

namespace ReferenceModels.Tests.Training.Corpora;

public sealed partial class CorpusTests
{
    public static TheoryData<string> Names => [.. Corpus.All.Select(corpus => corpus.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_gives_the_same_texts_and_another_seed_others(string name)
    {
        Assert.Equal(Write(name, 50, 7), Write(name, 50, 7));
        Assert.NotEqual(Write(name, 50, 7), Write(name, 50, 8));
    }

    [Fact]
    public void Seed_1_gives_these_texts_on_every_machine()
    {
        Assert.Equal(
            """{"source":"That old cow found two old snakes under the tree last week.","target":"上个星期那头老牛在树下找到了两条老蛇。"}""", Write("translations", 1, 1).TrimEnd());
        Assert.Equal("""{"first":"The king was playing with a ball under a tree at noon.","second":"At noon, the king played with a ball under a tree."}""", Write("facts", 1, 1).TrimEnd());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_held_out_text_is_in_the_training_part(string name)
    {
        HashSet<string> learned = [.. Write(name, 5000, 1).Split('\n')];
        Assert.DoesNotContain(Write(name, 200, 2, CorpusPart.HeldOut).Split('\n'), line => line.Length > 20 && learned.Contains(line));
    }

    [Fact]
    public void A_combination_is_in_only_one_part_and_about_a_tenth_is_held_out()
    {
        var draw = new Draw(3);
        HashSet<string> learned = [.. Enumerable.Range(0, 3000).Select(_ => Key(Story.Tell(draw, CorpusPart.Training)))];
        List<string> held = [.. Enumerable.Range(0, 500).Select(_ => Key(Story.Tell(draw, CorpusPart.HeldOut)))];

        Assert.DoesNotContain(held, learned.Contains);
        IEnumerable<CorpusPart> parts =
            from hero in Hero.All.Select(hero => hero.Again).Distinct()
            from place in Place.All
            from plot in Plot.All
            select Split.Of(hero, place.Name, plot.Name, "red ball");
        // A hash of the words decides, the same on every processor.
        Assert.InRange(parts.Average(part => part == CorpusPart.HeldOut ? 1.0 : 0), 0.07, 0.13);

        static string Key(Story story) => $"{story.Hero.Again}|{story.Place.Name}|{story.Plot.Name}|{story.Thing}";
    }

    [Fact]
    public void Stories_have_four_to_nine_sentences_no_unfilled_blank_and_the_right_article()
    {
        string[] stories = Write("stories", 2000, 5).Split("\n<|endoftext|>\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2000, stories.Length);
        Assert.True(stories.Distinct().Count() > 1990);
        Assert.All(stories, story =>
        {
            Assert.InRange(SentenceEnd().Count(story), 4, 9);
            Assert.DoesNotContain('{', story);
            Assert.DoesNotMatch(@"\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b|\bthe [A-Z]", story);
            Assert.EndsWith(".", story, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_check_accepts_the_grammars_own_stories_and_notices_a_change_of_topic()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var draw = new Draw(seed);
            var story = Story.Tell(draw, CorpusPart.HeldOut);
            string[] rest = [.. story.Middle(draw), story.Ending(draw)];

            Assert.Equal(new StoryCheck(true, rest.Length, rest.Length), StoryCheck.Of(story, string.Join(' ', rest)));
            Assert.False(StoryCheck.Of(story, string.Join(' ', rest[..^1])).Whole);
            Assert.Equal(rest.Length, StoryCheck.Of(story, string.Join(' ', [.. rest, "Sven eats the moon."])).Right);
        }
    }

    [Fact]
    public void Every_mood_occurs() => Assert.Equal(["afraid", "angry", "happy", "proud", "sad"], Labels("moods"));

    [Fact]
    public void A_fact_always_has_two_different_wordings() => Assert.All(Write("facts", 1000, 1).Split('\n', StringSplitOptions.RemoveEmptyEntries), line =>
    {
        using JsonDocument pair = JsonDocument.Parse(line);
        Assert.NotEqual(pair.RootElement.GetProperty("first").GetString(), pair.RootElement.GetProperty("second").GetString());
    });

    [Fact]
    public void A_translation_inflects_the_verb_and_gives_the_noun_its_measure_word()
    {
        foreach (string line in Write("translations", 3000, 4).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument pair = JsonDocument.Parse(line);
            string english = pair.RootElement.GetProperty("source").GetString()!, chinese = pair.RootElement.GetProperty("target").GetString()!;

            Assert.Equal(english.Contains(" will ", StringComparison.Ordinal), chinese.Contains('会'));
            Assert.Equal(LastTime().IsMatch(english), chinese.Contains('了'));
            Assert.Equal(Books().IsMatch(english), BooksOfChinese().IsMatch(chinese));
            Assert.EndsWith("。", chinese, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Called_tools_are_offered_and_get_the_values_in_the_question()
    {
        (int calls, int parallel) = (0, 0);
        foreach (Record conversation in Conversations(2000))
        {
            Dictionary<string, JsonElement> offered = (conversation.Tools ?? []).Select(tool => tool.GetProperty("function")).ToDictionary(tool => tool.GetProperty("name").GetString()!);
            for (int i = 0; i < conversation.Turns.Count; i++)
            {
                if (!conversation.Turns[i].Fields.TryGetValue("tool_calls", out JsonElement called))
                {
                    continue;
                }
                parallel += called.GetArrayLength() > 1 ? 1 : 0;
                // Each call is followed by its result, in order.
                Assert.Equal(
                    called.EnumerateArray().Select(call => call.GetProperty("id").GetString()),
                    conversation.Turns.Skip(i + 1).Take(called.GetArrayLength()).Select(turn => turn.Fields["tool_call_id"].GetString()));
                foreach (JsonElement function in called.EnumerateArray().Select(call => call.GetProperty("function")))
                {
                    calls++;
                    JsonElement properties = offered[function.GetProperty("name").GetString()!].GetProperty("parameters").GetProperty("properties");
                    Assert.All(function.GetProperty("arguments").EnumerateObject(), argument =>
                    {
                        Assert.Equal(argument.Value.ValueKind == JsonValueKind.Number ? "number" : "string", properties.GetProperty(argument.Name).GetProperty("type").GetString());
                        Assert.Contains(argument.Value.ToString(), conversation.Turns[i - 1].Content, StringComparison.OrdinalIgnoreCase);
                    });
                }
            }
        }
        Assert.InRange(calls, 1500, 4000);
        Assert.InRange(parallel, 200, 1000);
    }

    [Fact]
    public void Without_tools_nothing_is_called() => Assert.All(Conversations(1000).Where(conversation => conversation.Tools is null), conversation =>
        Assert.All(conversation.Turns, turn => Assert.True(turn.Role is "user" or "assistant" && turn.Content.Length > 0 && turn.Fields.Count == 0)));

    private static IEnumerable<Record> Conversations(int count) => JsonLines.Read("tools", Write("tools", count, 1));

    private static string[] Labels(string name) =>
        [.. Write(name, 300, 1).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("label").GetString()!).Distinct().Order()];

    private static string Write(string name, int count, ulong seed, CorpusPart part = CorpusPart.Training)
    {
        using var writer = new StringWriter();
        Corpus.All.Single(corpus => corpus.Name == name).Write(writer, part, count, seed);
        return writer.ToString();
    }

    [GeneratedRegex(@"[.?](?=[ ""]|$)")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(" (yesterday|last week)")]
    private static partial Regex LastTime();

    [GeneratedRegex(@"\b(an?|this|that|two|three)( \w+)? books?\b", RegexOptions.IgnoreCase)]
    private static partial Regex Books();

    [GeneratedRegex("本.?书")]
    private static partial Regex BooksOfChinese();
}
