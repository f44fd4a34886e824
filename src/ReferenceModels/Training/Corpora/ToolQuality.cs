using Engine;
using Engine.Chat;
using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Corpora;

/// <summary>How well a model does in conversations that it was not trained on. Each assistant turn is generated after the turns that precede it in the corpus, and
/// is right if it equals the corpus's own, character for character.</summary>
/// <param name="Calls">Share of right turns among those that call tools: exactly the right tools with the right arguments.</param>
/// <param name="Answers">Share among those that report the tools' results.</param>
/// <param name="Talk">Share among those that need no tool or have none for the question.</param>
/// <param name="Whole">Share of conversations in which every turn is right.</param>
internal sealed record ToolQuality(double Calls, double Answers, double Talk, double Whole)
{
    /// <summary>Measures a model with a chat template.</summary>
    public static async Task<ToolQuality> OfAsync(IModel model, int count, ulong seed, SamplingOptions sampling)
    {
        ChatTemplate template = ChatTemplate.FromModel(model)!;
        string end = template.SpecialTokens["eos_token"];
        using var text = new StringWriter();
        Corpus.All.Single(corpus => corpus.Name == "tools").Write(text, CorpusPart.HeldOut, count, seed);
        (int right, int all)[] figures = new (int, int)[3];
        int whole = 0;
        foreach (Record record in JsonLines.Read("tools", text.ToString()))
        {
            bool isWhole = true;
            for (int i = 0; i < record.Turns.Count; i++)
            {
                if (record.Turns[i].Role == "assistant")
                {
                    RenderedChat before = Render(record, i, answers: true);
                    string expected = Render(record, i + 1, answers: false).Text[before.Text.Length..].Split(end)[0];
                    (string found, FinishReason reason) = await ModelQuality.GenerateAsync(model, before.ToPrompt(), 512, sampling).ConfigureAwait(false);
                    bool isRight = found == expected && reason == FinishReason.EndOfGeneration;
                    ref (int Right, int All) figure = ref figures[record.Turns[i].Fields.ContainsKey("tool_calls") ? 0 : record.Turns[i - 1].Role == "tool" ? 1 : 2];
                    figure = (figure.Right + (isRight ? 1 : 0), figure.All + 1);
                    isWhole &= isRight;
                }
            }
            whole += isWhole ? 1 : 0;
        }
        return new ToolQuality(Share(figures[0]), Share(figures[1]), Share(figures[2]), Share((whole, count)));

        RenderedChat Render(Record record, int turns, bool answers) => template.Render(new ChatTemplateInput
        {
            Messages = [.. record.Turns.Take(turns).Select(turn => new TemplateMessage(turn.Role, turn.Content) { Fields = turn.Fields })],
            Tools = record.Tools,
            AddGenerationPrompt = answers,
        });
    }

    private static double Share((int Right, int All) figure) => (double)figure.Right / figure.All;
}
