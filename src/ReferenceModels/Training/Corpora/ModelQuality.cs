using System.Numerics.Tensors;
using System.Text;
using System.Text.Json;
using Engine;
using ReferenceModels.Heads;

namespace ReferenceModels.Training.Corpora;

/// <summary>Measurements of the shipped models, on combinations that none of them was trained on. The same count and seed give the same
/// texts, and so, on one backend and machine, the same figures.</summary>
internal static class ModelQuality
{
    /// <summary>How well a storytelling model continues openings.</summary>
    /// <param name="Whole">Share of stories that the grammar could produce, from the first sentence to the last (<see cref="StoryCheck"/>).</param>
    /// <param name="Right">Share of sentences that it could produce for their hero, place and time.</param>
    /// <param name="Ended">Share of stories that the model ended itself.</param>
    /// <param name="Loss">Mean −ln P per token of whole stories, including their ends.</param>
    public sealed record Stories(double Whole, double Right, double Ended, double Loss);

    /// <summary>How close two wordings of one fact are.</summary>
    /// <param name="Filled">Share of masked words for which the right one is the most probable.</param>
    /// <param name="Nearest">Share of sentences to which another wording of the same fact is closer than nine other facts.</param>
    /// <param name="Same">Mean cosine between wordings of the same fact.</param>
    /// <param name="Other">Mean cosine between different facts.</param>
    public sealed record Facts(double Filled, double Nearest, double Same, double Other);

    /// <summary>Continues openings of held-out stories.</summary>
    public static async Task<Stories> OfStoriesAsync(IModel model, int count, ulong seed, SamplingOptions sampling)
    {
        (int whole, int right, int sentences, int ended, double loss, int tokens) = (0, 0, 0, 0, 0, 0);
        var draw = new Draw(seed);
        for (int i = 0; i < count; i++)
        {
            var story = Story.Tell(draw, CorpusPart.HeldOut);
            string opening = story.Opening(draw), text = string.Join(' ', [opening, .. story.Middle(draw), story.Ending(draw)]);
            (string continuation, FinishReason reason) = await GenerateAsync(model, Prompt.FromText(opening), 128, sampling).ConfigureAwait(false);
            var check = StoryCheck.Of(story, continuation);
            whole += check.Whole && reason == FinishReason.EndOfGeneration ? 1 : 0;
            (right, sentences, ended) = (right + check.Right, sentences + check.Sentences, ended + (reason == FinishReason.EndOfGeneration ? 1 : 0));
            int[] ids = [.. model.Tokenizer.Encode(text), model.Tokenizer.EndOfSequence!.Value];
            await foreach (ScoreBlock block in model.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromTokens(ids), Form = ScoreForm.TargetLogProbability }, default).ConfigureAwait(false))
            {
                float[] known = [.. block.TargetLogProbabilities!.Where(float.IsFinite)];
                (loss, tokens) = (loss - known.Sum(value => (double)value), tokens + known.Length);
            }
        }
        return new Stories(Share(whole, count), Share(right, sentences), Share(ended, count), loss / tokens);
    }

    /// <summary>Share of held-out stories whose mood is classified correctly.</summary>
    public static async Task<double> OfMoodsAsync(HeadedModel heads, int count, ulong seed)
    {
        int right = 0;
        foreach (JsonElement record in Records("moods", count, seed))
        {
            float[] logits = await heads.ClassifyAsync(Prompt.FromText(Text(record, "text"))).ConfigureAwait(false);
            right += heads.Labels[Array.IndexOf(logits, logits.Max())] == Text(record, "label") ? 1 : 0;
        }
        return Share(right, count);
    }

    /// <summary>Masks a word of held-out facts, and compares their two wordings.</summary>
    public static async Task<Facts> OfFactsAsync(IModel model, HeadedModel heads, int count, ulong seed)
    {
        const int Others = 9;
        (string First, string Second)[] facts = [.. Records("facts", count, seed).Select(record => (Text(record, "first"), Text(record, "second")))];
        int mask = model.Tokenizer.Encode("[MASK]", addSpecial: false, parseSpecial: true)[0];
        var draw = new Draw(seed);
        int filled = 0;
        foreach ((string first, string _) in facts)
        {
            int[] ids = [.. model.Tokenizer.Encode(first)];
            int at = 1 + draw.Below(ids.Length - 3); // never [CLS], the full stop or [SEP]
            int hidden = ids[at];
            ids[at] = mask;
            float[] logits = (await heads.MaskedTokensAsync(Prompt.FromTokens(ids), [at]).ConfigureAwait(false))[0];
            filled += Array.IndexOf(logits, logits.Max()) == hidden ? 1 : 0;
        }
        float[][] a = await RowsAsync(model, facts.Select(fact => fact.First)).ConfigureAwait(false), b = await RowsAsync(model, facts.Select(fact => fact.Second)).ConfigureAwait(false);
        (int nearest, double same, double other) = (0, 0, 0);
        for (int i = 0; i < count; i++)
        {
            float own = TensorPrimitives.CosineSimilarity(a[i], b[i]);
            // The next facts that do not happen to be the same one.
            float[] others = [.. Enumerable.Range(1, count - 1).Select(n => (i + n) % count).Where(j => facts[j].Second != facts[i].Second).Take(Others).Select(j => TensorPrimitives.CosineSimilarity(a[i], b[j]))];
            nearest += others.All(value => value < own) ? 1 : 0;
            (same, other) = (same + own, other + others.Average());
        }
        return new Facts(Share(filled, count), Share(nearest, count), same / count, other / count);
    }

    /// <summary>Share of held-out sentences whose greedy translation is exactly the grammar's.</summary>
    public static async Task<double> OfTranslationsAsync(IModel model, int count, ulong seed)
    {
        int right = 0;
        foreach (JsonElement record in Records("translations", count, seed))
        {
            (string said, _) = await GenerateAsync(model, Prompt.FromText(Text(record, "source")), 64, SamplingOptions.Greedy).ConfigureAwait(false);
            right += said.Trim() == Text(record, "target") ? 1 : 0;
        }
        return Share(right, count);
    }

    /// <summary>What a model writes, and why it stopped.</summary>
    public static async Task<(string Text, FinishReason Reason)> GenerateAsync(IModel model, Prompt prompt, int maxTokens, SamplingOptions sampling)
    {
        var text = new StringBuilder();
        FinishReason reason = FinishReason.MaxTokens;
        await foreach (GeneratedToken token in model.GenerateAsync(new GenerateRequest { Prompt = prompt, MaxTokens = maxTokens, Sampling = sampling }, default).ConfigureAwait(false))
        {
            text.Append(token.Text);
            reason = token.FinishReason ?? reason;
        }
        return (text.ToString(), reason);
    }

    private static async Task<float[][]> RowsAsync(IModel model, IEnumerable<string> texts) =>
        [.. (await model.EmbedAsync(new EmbedRequest { Inputs = [.. texts.Select(Prompt.FromText)], Pooling = Pooling.Mean }, default).ConfigureAwait(false)).Rows];

    private static IEnumerable<JsonElement> Records(string corpus, int count, ulong seed)
    {
        using var writer = new StringWriter();
        Corpus.All.Single(known => known.Name == corpus).Write(writer, CorpusPart.HeldOut, count, seed);
        return [.. writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static string Text(JsonElement record, string name) => record.GetProperty(name).GetString()!;

    private static double Share(int part, int whole) => (double)part / whole;
}
