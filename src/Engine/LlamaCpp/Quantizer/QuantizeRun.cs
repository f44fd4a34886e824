using System.Buffers;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>Writes the planned file, quantizing every tensor in slices of rows with ggml's own functions.</summary>
/// <remarks>llama_model_quantize does the same in one call, but that call cannot be stopped: it has no callback, and a large
/// model keeps it busy for an hour. The tests check that the bytes equal that call's.</remarks>
/// <param name="input">The file, or the first part of a split one.</param>
/// <param name="type">The type to quantize to.</param>
/// <param name="plan">The format of each tensor.</param>
/// <param name="importance">An importance matrix, or null.</param>
internal sealed unsafe class QuantizeRun(GgufFile input, QuantizeType type, QuantizePlan plan, ImportanceMatrix? importance)
{
    // GGML_QNT_VERSION of ggml.h.
    private const uint QuantizationVersion = 2;

    // The size of llama.cpp's own slices: milliseconds even with the slowest search, so a stop takes effect at once.
    private const long SliceElements = 32 * 512;

    // How much is quantized before it is written: at most 16 MiB, unless a single row is longer than a slice.
    private const int SlicesTogether = 256;

    private readonly double _all = Math.Max(1, input.Tensors.Sum(tensor => tensor.Elements));
    private long _done;

    /// <summary>Writes the file.</summary>
    /// <param name="output">A path at which there is no file yet.</param>
    /// <param name="threads">1 or more.</param>
    /// <param name="progress">The fraction of the elements done.</param>
    /// <param name="cancellationToken">Takes effect within a slice.</param>
    /// <exception cref="ModelFileException">ggml refuses; its reason is in the message.</exception>
    public Task RunAsync(string output, int threads, IProgress<float>? progress, CancellationToken cancellationToken) =>
        GuardedThread.Run($"quantizing {input.FileName}", stackBytes: 16 << 20, plan.Refusal, () => Write(output, threads, progress, cancellationToken));

    private bool Write(string output, int threads, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        // A separate mapping for this thread: if the native guard parks it forever, other threads may still be reading.
        using GgufFile file = GgufFile.Open(input.Path);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        var writer = new GgufWriter();
        foreach (string key in file.Metadata.Keys.Where(key => key is not (GgufKeys.Alignment or GgufKeys.SplitNumber or GgufKeys.SplitCount or GgufKeys.SplitTensorCount)))
        {
            writer.SetMetadata(key, file.Metadata[key]!);
        }
        writer.SetMetadata(GgufKeys.QuantizationVersion, QuantizationVersion);
        writer.SetMetadata(GgufKeys.FileType, (uint)type.Number);
        foreach (GgufTensor tensor in file.Tensors)
        {
            writer.AddTensor(tensor.Name, tensor.Shape, plan.TypeOf(tensor), stream =>
            {
                Write(stream, file, tensor, parallel);
                progress?.Report((float)((_done += tensor.Elements) / _all));
            });
        }
        using var target = new FileStream(output, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, bufferSize: 1 << 20);
        writer.Write(target);
        target.Flush(flushToDisk: true);
        return true;
    }

    private void Write(Stream stream, GgufFile file, GgufTensor tensor, ParallelOptions parallel)
    {
        var conversion = new Conversion(file, tensor, plan.TypeOf(tensor), ImportanceOf(tensor));
        foreach (Slice[] slices in Slices(tensor).Chunk(SlicesTogether))
        {
            long[] places = new long[slices.Length];
            long length = 0;
            for (int i = 0; i < slices.Length; i++)
            {
                places[i] = length;
                length += conversion.BytesOf(slices[i].Rows);
            }
            byte[] blocks = ArrayPool<byte>.Shared.Rent(checked((int)length));
            try
            {
                int invalid = 0;
                Parallel.For(0, slices.Length, parallel, i =>
                {
                    if (!conversion.TryRun(slices[i], blocks.AsSpan((int)places[i])))
                    {
                        Volatile.Write(ref invalid, 1);
                    }
                });
                if (invalid != 0)
                {
                    throw plan.Refusal($"tensor '{tensor.Name}' holds NaN or infinity, or becomes it");
                }
                stream.Write(blocks, 0, (int)length);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(blocks);
            }
        }
    }

    /// <summary>Adjacent rows that share their importances, which are the rows of one expert.</summary>
    private static IEnumerable<Slice> Slices(GgufTensor tensor)
    {
        long rowsOfOne = tensor.Shape.Count > 1 ? tensor.Shape[1] : 1;
        long together = Math.Max(1, SliceElements / RowLength(tensor));
        long rows = tensor.Elements / RowLength(tensor);
        for (long first = 0; first < rows; first += rowsOfOne)
        {
            for (long row = 0; row < rowsOfOne; row += together)
            {
                yield return new Slice(first + row, Math.Min(together, rowsOfOne - row), first / rowsOfOne);
            }
        }
    }

    private static long RowLength(GgufTensor tensor) => tensor.Shape.Count > 0 ? tensor.Shape[0] : 1;

    private float[]? ImportanceOf(GgufTensor tensor)
    {
        GgmlType target = plan.TypeOf(tensor);
        if (importance is null || target == tensor.Type)
        {
            return null;
        }
        float[]? found = importance.Rows.GetValueOrDefault(tensor.Name);
        long experts = tensor.Shape.Count > 2 ? tensor.Shape[2] : 1;
        bool isEmbedding = tensor.Name is "token_embd.weight" or "per_layer_token_embd.weight";
        if (found is not null && found.Length != RowLength(tensor) * experts)
        {
            // An embedding is looked up, not multiplied, so llama-imatrix has nothing to measure there.
            return isEmbedding ? null : throw new ModelFileException(
                $"Quantizing {input.FileName} to {type.Name}: expected {RowLength(tensor) * experts} importances of '{tensor.Name}', the importance matrix has {found.Length}. Give the matrix of this model.");
        }
        return found is not null || isEmbedding || !type.NeedsImportance(target) ? found : throw new ModelFileException(
            $"Quantizing {input.FileName} to {type.Name}: expected importances of '{tensor.Name}', which becomes {GgmlBlock.Of(target).Name}; the importance matrix has none. Give the matrix of this model, or take a finer type.");
    }

    /// <summary>Some rows of a tensor.</summary>
    private readonly record struct Slice(long First, long Rows, long Expert);

    /// <summary>A tensor's rows from one format to another.</summary>
    private sealed class Conversion(GgufFile file, GgufTensor tensor, GgmlType target, float[]? importance)
    {
        private readonly byte* _source = file.GetPointer(tensor);
        private readonly long _rowLength = RowLength(tensor);
        private readonly delegate* unmanaged[Cdecl]<void*, float*, long, void> _toFloat =
            tensor.Type is GgmlType.F32 || tensor.Type == target ? null : Ggml.ggml_get_type_traits((int)tensor.Type)->to_float;

        public long BytesOf(long rows) => GgmlBlock.Of(target).BytesOf(rows * _rowLength);

        /// <summary>False if the input or the output contains NaN or infinity.</summary>
        public bool TryRun(Slice slice, Span<byte> blocks)
        {
            byte* source = _source + GgmlBlock.Of(tensor.Type).BytesOf(slice.First * _rowLength);
            long sourceBytes = GgmlBlock.Of(tensor.Type).BytesOf(slice.Rows * _rowLength), bytes = BytesOf(slice.Rows);
            if (!Ggml.ggml_validate_row_data((int)tensor.Type, source, (nuint)sourceBytes))
            {
                return false;
            }
            if (tensor.Type == target)
            {
                new ReadOnlySpan<byte>(source, (int)sourceBytes).CopyTo(blocks);
                return true;
            }
            float[]? floats = _toFloat is null ? null : ArrayPool<float>.Shared.Rent((int)(slice.Rows * _rowLength));
            try
            {
                fixed (float* converted = floats)
                fixed (float* importances = importance)
                fixed (byte* to = blocks)
                {
                    float* from = (float*)source;
                    if (_toFloat is not null)
                    {
                        _toFloat(source, converted, slice.Rows * _rowLength);
                        from = converted;
                    }
                    float* ofExpert = importances is null ? null : importances + (slice.Expert * _rowLength);
                    Ggml.ggml_quantize_chunk((int)target, from, to, 0, slice.Rows, _rowLength, ofExpert);
                    return Ggml.ggml_validate_row_data((int)target, to, (nuint)bytes);
                }
            }
            finally
            {
                if (floats is not null)
                {
                    ArrayPool<float>.Shared.Return(floats);
                }
            }
        }
    }
}
