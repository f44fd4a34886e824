using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReferenceModels.Training.Corpora;

/// <summary>Texts from a seeded grammar of this project, in the form that training reads. The same seed gives the same texts on every machine.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Summary">A short description.</param>
/// <param name="Extension">The extension of its file: <c>.txt</c> or <c>.jsonl</c>.</param>
public sealed record Corpus(string Name, string Summary, string Extension)
{
    private static readonly JsonSerializerOptions Line = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // keeps Chinese readable; the file is not a web page
    };

    private Func<Draw, CorpusPart, string> Entry { get; init; } = (_, _) => "";

    /// <summary>All corpora.</summary>
    public static IReadOnlyList<Corpus> All { get; } =
    [
        new("stories", "Stories of four to seven sentences, one a document: for a language model.", ".txt")
        {
            Entry = (draw, part) => Story.Tell(draw, part).Text(draw) + "\n<|endoftext|>",
        },
        new("moods", "Stories without their last sentence, with the mood that it would have as label: for a classifier.", ".jsonl")
        {
            Entry = Mood,
        },
        new("facts", "A fact in a sentence and again in other words: for masked words, and for pairs of sentences.", ".jsonl")
        {
            Entry = Pair,
        },
        new("translations", "Sentences in English and Chinese: for an encoder-decoder.", ".jsonl")
        {
            Entry = (draw, part) => Translation.Say(draw, part) is var said ? Json(new() { ["source"] = said.English, ["target"] = said.Chinese }) : "",
        },
        new("tools", "Conversations in which tools are offered, and called where a question needs one: for a language model with a chat template.", ".jsonl")
        {
            Entry = (draw, part) => Json(ToolConversation.Of(draw, part).Entry),
        },
    ];

    /// <summary>Writes entries.</summary>
    /// <param name="writer">Receives the lines.</param>
    /// <param name="part">For training, or held out.</param>
    /// <param name="count">Number of entries.</param>
    /// <param name="seed">Determines the entries.</param>
    public void Write(TextWriter writer, CorpusPart part, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var draw = new Draw(seed);
        for (int i = 0; i < count; i++)
        {
            writer.Write(Entry(draw, part) + "\n");
        }
    }

    private static string Mood(Draw draw, CorpusPart part)
    {
        Story story = Story.Tell(draw, part);
        return Json(new() { ["text"] = string.Join(' ', [story.Opening(draw), .. story.Middle(draw)]), ["label"] = story.Plot.Mood });
    }

    private static string Pair(Draw draw, CorpusPart part)
    {
        (string first, string second) = Fact.Of(draw, part).Twice(draw);
        return Json(new() { ["first"] = first, ["second"] = second });
    }

    private static string Json(JsonObject entry) => entry.ToJsonString(Line);
}
