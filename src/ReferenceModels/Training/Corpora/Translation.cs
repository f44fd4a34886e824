namespace ReferenceModels.Training.Corpora;

/// <summary>
/// A sentence in English and in Chinese, by a grammar that takes more than word-by-word translation: Chinese puts time and place before the
/// verb, and has a measure word that agrees with the noun, different words for "old" for living and lifeless things, 了 and 会 where English
/// inflects the verb, and neither articles nor plurals.
/// </summary>
internal sealed record Translation(string English, string Chinese)
{
    private static readonly (string English, string Chinese)[] Names = [("Lily", "莉莉"), ("Tom", "汤姆"), ("Anna", "安娜"), ("Ben", "本"), ("Mia", "米娅"), ("Max", "马克")];

    private static readonly Noun[] Animals =
    [
        new("cat", "cats", "猫", "只"), new("dog", "dogs", "狗", "只"), new("bird", "birds", "鸟", "只"), new("rabbit", "rabbits", "兔子", "只"),
        new("horse", "horses", "马", "匹"), new("cow", "cows", "牛", "头"), new("snake", "snakes", "蛇", "条"), new("fish", "fish", "鱼", "条"),
    ];

    private static readonly Noun[] Things =
    [
        new("book", "books", "书", "本"), new("flower", "flowers", "花", "朵"), new("letter", "letters", "信", "封"), new("boat", "boats", "船", "条"),
        new("apple", "apples", "苹果", "个"), new("cup", "cups", "杯子", "个"), new("lamp", "lamps", "灯", "盏"), new("hat", "hats", "帽子", "顶"),
    ];

    private static readonly (string English, string Living, string Lifeless)[] Adjectives =
        [("", "", ""), ("small", "小", "小"), ("big", "大", "大"), ("red", "红", "红"), ("white", "白", "白"), ("black", "黑", "黑"), ("old", "老", "旧")];

    private static readonly (string Base, string Present, string Past, string Chinese)[] Verbs =
        [("see", "sees", "saw", "看见"), ("find", "finds", "found", "找到"), ("draw", "draws", "drew", "画"), ("buy", "buys", "bought", "买"), ("lose", "loses", "lost", "丢"), ("sell", "sells", "sold", "卖")];

    private static readonly (string English, string Chinese)[] Places =
        [("", ""), ("in the garden", "在花园里"), ("on the hill", "在山上"), ("by the river", "在河边"), ("at the market", "在市场"), ("under the tree", "在树下"), ("in the city", "在城里")];

    private static readonly (string English, string Chinese, Tense Tense)[] Days =
        [("every day", "每天", Tense.Present), ("yesterday", "昨天", Tense.Past), ("last week", "上个星期", Tense.Past), ("tomorrow", "明天", Tense.Future), ("next week", "下个星期", Tense.Future)];

    private static readonly (string Singular, string? Plural, string Chinese)[] Numbers =
        [("a", null, "一"), ("this", null, "这"), ("that", null, "那"), ("two", "two", "两"), ("three", "three", "三"), ("many", "many", "很多")];

    private enum Tense
    {
        Present,
        Past,
        Future,
    }

    /// <summary>A sentence that belongs to a part: a combination of subject, verb and object is in only one part.</summary>
    public static Translation Say(Draw draw, CorpusPart part)
    {
        while (true)
        {
            bool named = draw.Once(2);
            (string who, string whoChinese, bool plural, string subject) = named ? Name(draw) : Phrase(draw, Animals, living: true);
            (string what, string whatChinese, _, string thing) = draw.Once(2) ? Phrase(draw, Animals, living: true) : Phrase(draw, Things, living: false);
            var verb = draw.From(Verbs);
            var place = draw.From(Places);
            var day = draw.From(Days);
            if (subject != thing && Split.Of(subject, verb.Base, thing) == part)
            {
                string inflected = day.Tense switch { Tense.Past => verb.Past, Tense.Future => "will " + verb.Base, _ => plural ? verb.Base : verb.Present };
                string verbChinese = day.Tense == Tense.Past ? verb.Chinese + "了" : verb.Chinese;
                string english = string.Join(' ', ((string[])[who, inflected, what, place.English, day.English]).Where(words => words.Length > 0));
                // Future: 会 comes before the place.
                string chinese = day.Tense == Tense.Future ? $"{day.Chinese}{whoChinese}会{place.Chinese}{verb.Chinese}{whatChinese}。"
                    : $"{day.Chinese}{whoChinese}{place.Chinese}{verbChinese}{whatChinese}。";
                return new Translation(char.ToUpperInvariant(english[0]) + english[1..] + ".", chinese);
            }
        }
    }

    private static (string, string, bool, string) Name(Draw draw)
    {
        (string english, string chinese) = draw.From(Names);
        return (english, chinese, false, english);
    }

    private static (string, string, bool, string) Phrase(Draw draw, Noun[] nouns, bool living)
    {
        Noun noun = draw.From(nouns);
        (string English, string Living, string Lifeless) adjective = draw.From(Adjectives);
        (string singular, string? many, string number) = draw.From(Numbers);
        bool plural = many is not null;
        string next = adjective.English.Length > 0 ? adjective.English : noun.Singular;
        string determiner = singular == "a" && "aeiou".Contains(next[0], StringComparison.Ordinal) ? "an" : singular;
        string english = string.Join(' ', ((string[])[determiner, adjective.English, plural ? noun.Plural : noun.Singular]).Where(word => word.Length > 0));
        string measure = number == "很多" ? "" : noun.Measure; // "many" takes no measure word
        return (english, number + measure + (living ? adjective.Living : adjective.Lifeless) + noun.Chinese, plural, noun.Singular);
    }

    private sealed record Noun(string Singular, string Plural, string Chinese, string Measure);
}
