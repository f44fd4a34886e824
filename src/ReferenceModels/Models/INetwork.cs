using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>What a pass needs to know of a model, whatever paper it is of.</summary>
internal interface INetwork
{
    /// <summary>The sizes that matter outside of the model's own file.</summary>
    NetworkSizes Sizes { get; }

    /// <summary>Its weights, each once, under the file's names.</summary>
    IReadOnlyList<Weight> Parameters { get; }

    /// <summary>Bytes that a state for this many positions keeps between passes.</summary>
    long CacheBytes(int contextLength);

    /// <summary>A state with nothing seen.</summary>
    State CreateState(Pass pass, int contextLength);
}

/// <summary>Sizes of a model.</summary>
/// <param name="V">Vocabulary size.</param>
/// <param name="d">Width of the residual stream.</param>
/// <param name="N">Layers; of an encoder–decoder, of each of the two, the larger number.</param>
/// <param name="TrainedContext">Positions it was trained for.</param>
/// <param name="HasLearnedPositions">Whether there is nothing after <paramref name="TrainedContext"/>: positions are rows of a table.</param>
/// <param name="RowFloats">About how many floats of activations one token takes in a pass, scores of attention apart.</param>
internal sealed record NetworkSizes(int V, int d, int N, int TrainedContext, bool HasLearnedPositions, long RowFloats)
{
    /// <summary>How many floats of a pass there are for each two positions of an input, as where every head has a bias by distance.</summary>
    public int PairFloats { get; init; }
}

/// <summary>A model that says of each position what token may follow: decoders, and the decoder of an encoder–decoder.</summary>
internal interface IDecoder : INetwork
{
    /// <summary>Evaluates T tokens after those in the cache.</summary>
    /// <param name="s">Its cache is longer by T afterwards. On an exception it is of no use until cleared.</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    /// <param name="rows">How many rows, the last ones, are wanted; 0 if only the cache matters.</param>
    /// <returns>(rows, d) after the final norm, valid until the next pass.</returns>
    Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows);

    /// <summary>Logits (rows, V) of rows (rows, d) that <see cref="Forward"/> gave.</summary>
    Tensor Logits(State s, Tensor rows);
}

/// <summary>A decoder that evaluates tokens of several sequences in one pass.</summary>
internal interface IPackedDecoder : IDecoder
{
    /// <summary>The empty cache of one more sequence.</summary>
    PagedCache CreateCache();

    /// <summary>Evaluates T tokens, each piece of them after those in its sequence's cache.</summary>
    /// <param name="s">Memory and threads; its own cache has no part in it unless a piece names it.</param>
    /// <param name="tokens">(T), each within 0 … V − 1.</param>
    /// <param name="packing">Whose they are. The caches are longer by their pieces afterwards, on an exception none of them is.</param>
    /// <returns>(rows, d) after the final norm, those that the pieces want, valid until the next pass.</returns>
    Tensor Forward(State s, ReadOnlySpan<int> tokens, Packing packing);
}

/// <summary>A model, or the part of one, in which every token attends to all: its input comes in one piece.</summary>
internal interface IEncoder : INetwork
{
    /// <summary>Kinds of segment that the input can have; 0 if the model has no table of them.</summary>
    int Segments => 0;

    /// <summary>Evaluates an input; of an encoder–decoder, the source, whose keys and values it leaves in <see cref="State.Source"/>.</summary>
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
    /// <param name="segments">(T), as of one input.</param>
    /// <param name="packing">Which rows are of which input.</param>
    /// <returns>(T, d) after the last norm, valid until the next pass.</returns>
    Tensor Encode(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments, Packing packing);
}

/// <summary>A model with a classifier that scores an input as a whole.</summary>
internal interface IRanker : IEncoder
{
    /// <summary>Number of scores; 0 if this file has no classifier.</summary>
    int Scores { get; }

    /// <summary>The scores (1, Scores), no softmax, of the rows (T, d) that <see cref="IEncoder.Encode"/> gave of an input.</summary>
    Tensor Rank(State s, Tensor rows);
}
