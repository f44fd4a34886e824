namespace ReferenceModels.Training.Data;

/// <summary>The examples of a data file, by number, so that an order can be drawn and a run can be resumed at any point.</summary>
public interface IExamples
{
    /// <summary>The number of examples.</summary>
    int Count { get; }

    /// <summary>One of the examples.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="seed">Determines what is drawn anew at each visit, such as which tokens are masked: the same seed gives the same example.</param>
    Example Visit(int index, ulong seed);
}
