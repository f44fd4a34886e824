using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Keys and values of one sequence, wherever they lie.</summary>
internal interface ISequenceCache
{
    /// <summary>Positions it holds.</summary>
    int Length { get; }

    /// <summary>Writes a layer's keys and values after the positions held.</summary>
    /// <param name="pass">The pass they are of.</param>
    /// <param name="K">(T, width).</param>
    /// <param name="V">(T, width).</param>
    /// <returns>All keys and values, the new ones included, (Length + T, width) each.</returns>
    (PagedRows K, PagedRows V) Append(Pass pass, int layer, Tensor K, Tensor V);

    /// <summary>Counts the positions that every layer has appended.</summary>
    void Advance(int positions);
}
