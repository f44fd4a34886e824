using Engine;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Training;

/// <summary>One example in a model: evaluated when the first answer is requested; every head then uses the same rows.</summary>
internal sealed class ExampleAnswers(INetwork network, TrainedHeads? heads, State state, Example example) : IAnswers
{
    private Tensor? _rows;
    private Scores? _tokens;

    /// <summary>(T, d), the model's rows of the example's tokens.</summary>
    private Tensor Rows => _rows ??= network switch
    {
        IDecoder decoder => Decode(decoder),
        IEncoder encoder => encoder.Encode(state, example.Tokens, example.Segments),
        _ => throw Missing("rows of tokens"),
    };

    /// <inheritdoc/>
    public Scores Tokens() => _tokens ??= network is IDecoder decoder
        ? Scores(decoder.Logits(state, Rows)) : throw Missing("a language model's logits");

    /// <inheritdoc/>
    public Scores MaskedTokens(IReadOnlyList<int> positions) =>
        heads?.MaskedToken is { } head ? Scores(head.Forward(state.Pass, Rows, [.. positions])) : throw Missing("a masked-token head");

    /// <inheritdoc/>
    public Scores NextSentence() =>
        heads?.NextSentence is { } head ? Scores(head.Forward(state.Pass, Rows)) : throw Missing("a next-sentence head");

    /// <inheritdoc/>
    public Scores Classes() =>
        heads?.Classification is { } head ? Scores(head.Forward(state.Pass, Rows)) : throw Missing("a classification head");

    private Scores Scores(Tensor logits) => new(state.Pass, logits);

    private Tensor Decode(IDecoder decoder)
    {
        if (network is IEncoder != example.Source.Length > 0)
        {
            throw new UnsupportedRequestException(network is IEncoder
                ? "Training: the model is an encoder–decoder, which learns from pairs of a source and a target, but the objective gives it no source. Choose the objective seq2seq."
                : "Training: the objective gives a source to read and a target to write, but the model has no encoder. Choose T5 or a Transformer, or the objective causal, in which the target follows the source.");
        }
        if (network is IEncoder encoder)
        {
            encoder.Encode(state, example.Source, []);
        }
        return decoder.Forward(state, example.Tokens, example.Tokens.Length);
    }

    private static UnsupportedRequestException Missing(string what) =>
        new($"Training: the objective asks the model for {what}, but it has none. Choose another objective or model, or name the head in the objective.");
}
