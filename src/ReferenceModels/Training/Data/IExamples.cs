namespace ReferenceModels.Training.Data;

/// <summary>The examples of a data file, by number, so that an order can be drawn and a run taken up again anywhere.</summary>
public interface IExamples
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>One of them.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="seed">Decides what is drawn anew at each visit, such as which tokens are masked: the same seed gives the same example.</param>
    Example Visit(int index, ulong seed);
}
