using Engine.Host.Commands.Tokenization;
using Engine.Parity;
using ReferenceModels.Heads;

namespace Engine.Host.Commands.Embedding;

/// <summary>Asks the heads of a model about inputs.</summary>
/// <param name="top">The number of candidates for a masked position.</param>
internal sealed class HeadQuestion(IModel model, HeadedModel heads, int top)
{
    public async Task<MaskReport> FillMasksAsync(IReadOnlyList<EmbedInput> inputs, CancellationToken cancellationToken)
    {
        int mask = model.Card.SpecialTokens.Mask ?? throw new UnsupportedRequestException(
            $"Asking the masked-token head of {model.Card.Name}: expected a mask token in its vocabulary (tokenizer.ggml.mask_token_id), found none. Convert the model again.");
        var filled = new List<MaskedInput>();
        foreach (EmbedInput input in inputs)
        {
            Prompt prompt = ToPrompt(input);
            int[] positions = [.. prompt.Tokens!.Index().Where(token => token.Item == mask).Select(token => token.Index)];
            if (positions.Length == 0)
            {
                throw new InvalidRequestException(
                    $"Asking the masked-token head about {input.Describe()}: expected the mask token ('{PieceText.Of(model, mask)}', id {mask}) in it, found none. Write it where a word is to be found.");
            }
            float[][] logits = await heads.MaskedTokensAsync(prompt, positions, cancellationToken).ConfigureAwait(false);
            filled.Add(new MaskedInput(prompt.Tokens!, [.. positions.Zip(logits, (position, row) => new Mask(position, Candidates(row)))]));
        }
        return new MaskReport("mask", filled, model.Card.Name, model.Card.Backend, model.Card.Device);
    }

    public Task<ClassReport> NextSentenceAsync(IReadOnlyList<EmbedInput> inputs, CancellationToken cancellationToken)
    {
        if (inputs.FirstOrDefault(input => input is { Tokens: null, Pair: null }) is { } single)
        {
            throw new InvalidRequestException($"Asking the next-sentence head about {single.Describe()}: expected a second sentence with --pair, found none. Add it.");
        }
        return ClassifyAsync("next-sentence", ["is_next", "not_next"], inputs, heads.NextSentenceAsync, cancellationToken);
    }

    public Task<ClassReport> ClassifyAsync(IReadOnlyList<EmbedInput> inputs, CancellationToken cancellationToken) =>
        ClassifyAsync("classify", heads.Labels, inputs, heads.ClassifyAsync, cancellationToken);

    private async Task<ClassReport> ClassifyAsync(
        string head, IReadOnlyList<string> labels, IReadOnlyList<EmbedInput> inputs, Func<Prompt, CancellationToken, Task<float[]>> ask, CancellationToken cancellationToken)
    {
        var classified = new List<ClassifiedInput>();
        foreach (EmbedInput input in inputs)
        {
            Prompt prompt = ToPrompt(input);
            float[] logits = await ask(prompt, cancellationToken).ConfigureAwait(false);
            labels = labels.Count > 0 ? labels : [.. logits.Select((_, i) => $"class {i}")];
            classified.Add(new ClassifiedInput(prompt.Tokens!, labels[Array.IndexOf(logits, logits.Max())], logits, Softmax(logits)));
        }
        return new ClassReport(head, labels, classified, model.Card.Name, model.Card.Backend, model.Card.Device);
    }

    /// <summary>As ids, so that the report shows exactly what was asked; the text may name special tokens such as the mask.</summary>
    private Prompt ToPrompt(EmbedInput input)
    {
        if (input.Tokens is not null)
        {
            return Prompt.FromTokens(input.Tokens);
        }
        IReadOnlyList<int> first = model.Tokenizer.Encode(input.Text!, addSpecial: true, parseSpecial: true);
        if (input.Pair is null)
        {
            return Prompt.FromTokens(first);
        }
        IReadOnlyList<int> second = model.Tokenizer.Encode(input.Pair, addSpecial: true, parseSpecial: true);
        IReadOnlyList<int> rest = PromptTokens.Continuation(second, model.Tokenizer);
        return Prompt.FromTokens([.. first, .. rest], [.. first.Select(_ => 0), .. rest.Select(_ => 1)]);
    }

    private Candidate[] Candidates(float[] logits)
    {
        double[] probabilities = Softmax(logits);
        return [.. logits.Index().OrderByDescending(logit => logit.Item).ThenBy(logit => logit.Index).Take(top)
            .Select(logit => new Candidate(logit.Index, PieceText.Of(model, logit.Index), logit.Item, probabilities[logit.Index]))];
    }

    private static double[] Softmax(float[] logits)
    {
        RowDistribution distribution = RowDistribution.Of(logits);
        return [.. logits.Select(logit => Math.Exp(distribution.LogProbability(logit)))];
    }
}
