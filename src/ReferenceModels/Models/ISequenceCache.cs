using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Keys and values of one sequence, wherever they are stored.</summary>
internal interface ISequenceCache
{
    /// <summary>Positions it holds.</summary>
    int Length { get; }

    /// <summary>Appends a layer's keys and values to the positions held.</summary>
    /// <param name="pass">The pass that computed them.</param>
    /// <param name="K">(T, width).</param>
    /// <param name="V">(T, width).</param>
    /// <returns>All keys and values, including the new ones, (Length + T, width) each.</returns>
    (PagedRows K, PagedRows V) Append(Pass pass, int layer, Tensor K, Tensor V);

    /// <summary>Adds the positions that every layer has appended to <see cref="Length"/>.</summary>
    void Advance(int positions);
}
