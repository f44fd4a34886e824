using System.Text.Json;
using Engine.Parity;
using ReferenceModels.Training.Corpora;

namespace Engine.Host.Commands.Validating;

/// <summary>The text to compare models on when the user gives none: from the model's training domain, if that is known.</summary>
internal static class SampleText
{
    private const ulong Seed = 1;

    /// <summary>The corpus of each bundled model, by the name in its file, which copies and quantized versions keep.</summary>
    private static readonly Dictionary<string, string> Corpora = new()
    {
        ["Story teller"] = "stories",
        ["Moods of stories"] = "moods",
        ["Facts"] = "facts",
        ["English to toy Chinese"] = "translations",
    };

    /// <summary>For a bundled model, an entry held out from its training; for others, a general text.</summary>
    public static string Of(ModelCard card) => Corpora.TryGetValue(card.Name, out string? corpus) ? HeldOut(corpus) : ComparisonText.General;

    private static string HeldOut(string name)
    {
        using var writer = new StringWriter();
        Corpus.All.First(corpus => corpus.Name == name).Write(writer, CorpusPart.HeldOut, count: 1, Seed);
        string entry = writer.ToString().Split('\n')[0];
        if (entry[0] != '{')
        {
            return entry;
        }
        using JsonDocument json = JsonDocument.Parse(entry);
        return json.RootElement.EnumerateObject().First().Value.GetString()!; // the text, the first sentence, the source
    }
}
