using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>What a pass needs to know about a model of any architecture.</summary>
internal interface INetwork
{
    /// <summary>The sizes that matter outside the model's own class.</summary>
    NetworkSizes Sizes { get; }

    /// <summary>The weights, each once, under the file's names.</summary>
    IReadOnlyList<Weight> Parameters { get; }

    /// <summary>Bytes that a state for this many positions keeps between passes.</summary>
    long CacheBytes(int contextLength);

    /// <summary>A state that has seen no tokens.</summary>
    State CreateState(Pass pass, int contextLength);
}

/// <summary>Sizes of a model.</summary>
/// <param name="V">Vocabulary size.</param>
/// <param name="d">Width of the residual stream.</param>
/// <param name="N">Layers; for an encoder–decoder, the larger number of the two.</param>
/// <param name="TrainedContext">Positions the model was trained for.</param>
/// <param name="HasLearnedPositions">Whether positions are rows of a table, so that there are none after <paramref name="TrainedContext"/>.</param>
/// <param name="RowFloats">Approximate floats of activations per token of a pass, without attention scores.</param>
internal sealed record NetworkSizes(int V, int d, int N, int TrainedContext, bool HasLearnedPositions, long RowFloats)
{
    /// <summary>Floats of a pass for each pair of positions of an input, as when every head has a bias by distance.</summary>
    public int PairFloats { get; init; }
}

/// <summary>A model that predicts the next token at each position: decoders, and the decoder of an encoder–decoder.</summary>
internal interface IDecoder : INetwork
{
    /// <summary>Evaluates T tokens after those in the cache.</summary>
    /// <param name="s">Its cache grows by T. After an exception the state is unusable until cleared.</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    /// <param name="rows">How many of the last rows are wanted; 0 if only the cache matters.</param>
    /// <returns>(rows, d) after the final norm, valid until the next pass.</returns>
    Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows);

    /// <summary>Logits (rows, V) of rows (rows, d) that <see cref="Forward"/> returned.</summary>
    Tensor Logits(State s, Tensor rows);
}

/// <summary>A decoder that evaluates tokens of several sequences in one pass.</summary>
internal interface IPackedDecoder : IDecoder
{
    /// <summary>The empty cache of one more sequence.</summary>
    PagedCache CreateCache();

    /// <summary>Evaluates T tokens; each piece follows the tokens in its sequence's cache.</summary>
    /// <param name="s">Memory and threads; its own cache is not used unless a piece names it.</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    /// <param name="packing">Which sequences they belong to. Each cache grows by its piece; after an exception, none has grown.</param>
    /// <returns>(rows, d) after the final norm, those that the pieces ask for, valid until the next pass.</returns>
    Tensor Forward(State s, ReadOnlySpan<int> tokens, Packing packing);
}

/// <summary>A model, or part of one, in which every token attends to all others, so that its input must come in one piece.</summary>
internal interface IEncoder : INetwork
{
    /// <summary>Kinds of segment that the input can have; 0 if the model has no table of them.</summary>
    int Segments => 0;

    /// <summary>Evaluates an input; for an encoder–decoder, the source, whose keys and values are stored in <see cref="State.Source"/>.</summary>
    /// <param name="s">Cleared by the caller.</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    /// <param name="segments">(T) rows of the segment table, each within 0 … <see cref="Segments"/> − 1, or empty for row 0 throughout.</param>
    /// <returns>(T, d) after the last norm, valid until the next pass.</returns>
    Tensor Encode(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments);
}

/// <summary>An encoder that evaluates several inputs in one pass.</summary>
internal interface IPackedEncoder : IEncoder
{
    /// <summary>Evaluates inputs that do not see each other.</summary>
    /// <param name="s">Cleared by the caller.</param>
    /// <param name="tokens">(T) of all inputs, one after the other.</param>
    /// <param name="segments">(T), as for one input.</param>
    /// <param name="packing">Which rows belong to which input.</param>
    /// <returns>(T, d) after the last norm, valid until the next pass.</returns>
    Tensor Encode(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments, Packing packing);
}

/// <summary>A model with a classifier that scores an input as a whole.</summary>
internal interface IRanker : IEncoder
{
    /// <summary>Number of scores; 0 if this file has no classifier.</summary>
    int Scores { get; }

    /// <summary>The scores (1, Scores), without softmax, for the rows (T, d) that <see cref="IEncoder.Encode"/> returned for an input.</summary>
    Tensor Rank(State s, Tensor rows);
}
