using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Taps;

/// <summary>The numbers of a tensor as floats, in the order of its shape; views and permutations are made contiguous.</summary>
internal static unsafe class TensorValues
{
    /// <summary>Whether a type can be read.</summary>
    public static bool CanRead(ggml_type type) => type is ggml_type.F32 or ggml_type.F16 or ggml_type.BF16 or ggml_type.I32;

    /// <summary>Reads a tensor, on whatever device it is.</summary>
    /// <param name="t">The tensor, whose data has been computed.</param>
    /// <param name="columns">How many elements of dimension 0 to read, from the first on.</param>
    public static float[] Read(ggml_tensor* t, long columns)
    {
        if (t->buffer != 0 && Ggml.ggml_backend_buffer_is_host(t->buffer))
        {
            return Read(t, columns, (byte*)t->data);
        }
        nuint bytes = Ggml.ggml_nbytes(t); // from the first element to the last, gaps included
        void* copy = NativeMemory.Alloc(bytes);
        try
        {
            Ggml.ggml_backend_tensor_get(t, copy, 0, bytes);
            return Read(t, columns, (byte*)copy);
        }
        finally
        {
            NativeMemory.Free(copy);
        }
    }

    private static float[] Read(ggml_tensor* t, long columns, byte* start)
    {
        float[] values = new float[checked(columns * t->ne[1] * t->ne[2] * t->ne[3])];
        var rest = values.AsSpan();
        for (long i3 = 0; i3 < t->ne[3]; i3++)
        {
            for (long i2 = 0; i2 < t->ne[2]; i2++)
            {
                for (long i1 = 0; i1 < t->ne[1]; i1++)
                {
                    ReadRow(t, start + i1 * (long)t->nb[1] + i2 * (long)t->nb[2] + i3 * (long)t->nb[3], rest[..(int)columns]);
                    rest = rest[(int)columns..];
                }
            }
        }
        return values;
    }

    private static void ReadRow(ggml_tensor* t, byte* row, Span<float> values)
    {
        if (t->type == ggml_type.F32 && t->nb[0] == sizeof(float))
        {
            new ReadOnlySpan<float>(row, values.Length).CopyTo(values);
            return;
        }
        for (int i = 0; i < values.Length; i++)
        {
            void* element = row + i * (long)t->nb[0];
            values[i] = t->type switch
            {
                ggml_type.F32 => *(float*)element,
                ggml_type.F16 => (float)*(Half*)element,
                ggml_type.BF16 => BitConverter.UInt32BitsToSingle((uint)*(ushort*)element << 16),
                _ => *(int*)element,
            };
        }
    }
}
