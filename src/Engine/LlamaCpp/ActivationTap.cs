using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>Takes tensors out of a running graph by name (llama.cpp's <c>cb_eval</c>).</summary>
/// <remarks>llama.cpp's shapes stand: the n_kv dimension of <c>kq</c>, <c>kq_soft_max</c> and the like is the padded view of
/// the cache, a multiple of 256, of which only the first T columns mean anything.</remarks>
internal sealed unsafe class ActivationTap(IReadOnlyList<string> names) : IDisposable
{
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly bool _all = names.Contains(ScoreRequest.AllActivations);
    private readonly Dictionary<(string? Part, string Name, string Operation), int> _seen = [];
    private readonly List<Activation> _taken = [];
    private GCHandle _self;
    private Exception? _error;

    /// <summary>The part whose graph runs: <c>encoder</c> or <c>decoder</c> where there are two.</summary>
    public string? Part { get; set; }

    /// <summary>What the callback gets as its user data.</summary>
    public nint Address => GCHandle.ToIntPtr(_self.IsAllocated ? _self : _self = GCHandle.Alloc(this));

    /// <summary>What was taken, in the order of the graph.</summary>
    public IReadOnlyList<Activation> Finish() => _error is null ? _taken : throw new EngineException(
        $"Reading activations from llama.cpp: {_error.Message}", _error);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    /// <summary>Called for each node: first whether it is wanted, and if so again with its data.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte OnTensor(ggml_tensor* tensor, byte ask, nint data)
    {
        var tap = Unsafe.As<ActivationTap>(GCHandle.FromIntPtr(data).Target!);
        try
        {
            string name = Marshal.PtrToStringUTF8((nint)tensor->name) ?? "";
            if (ask != 0)
            {
                return tap._all || tap._names.Contains(name) ? (byte)1 : (byte)0;
            }
            tap.Take(tensor, name);
        }
        catch (Exception error)
        {
            tap._error ??= error; // nothing may leave a callback
        }
        return 1; // 0 with data would stop the computation, silently
    }

    private void Take(ggml_tensor* tensor, string name)
    {
        string operation = Marshal.PtrToStringUTF8(Ggml.ggml_op_name(tensor->op)) ?? "";
        int occurrence = _seen.GetValueOrDefault((Part, name, operation));
        _seen[(Part, name, operation)] = occurrence + 1;
        if (tensor->type is ggml_type.F32 or ggml_type.F16 or ggml_type.I32)
        {
            long[] shape = [tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3]];
            int dimensions = shape[3] > 1 ? 4 : shape[2] > 1 ? 3 : 2;
            _taken.Add(new Activation(name, operation, occurrence, shape[..dimensions], Values(tensor)) { Part = Part });
        }
    }

    /// <summary>The values in the order of the shape; a view or a permutation is made contiguous.</summary>
    private static float[] Values(ggml_tensor* t)
    {
        // Bytes from the first element to the last, gaps included: a tensor on a device cannot be read in place.
        byte[] bytes = new byte[checked((int)Ggml.ggml_nbytes(t))];
        fixed (byte* start = bytes)
        {
            Ggml.ggml_backend_tensor_get(t, start, 0, (nuint)bytes.Length);
            float[] values = new float[checked((int)Ggml.ggml_nelements(t))];
            int i = 0;
            for (long i3 = 0; i3 < t->ne[3]; i3++)
            {
                for (long i2 = 0; i2 < t->ne[2]; i2++)
                {
                    for (long i1 = 0; i1 < t->ne[1]; i1++)
                    {
                        byte* row = start + i1 * (long)t->nb[1] + i2 * (long)t->nb[2] + i3 * (long)t->nb[3];
                        for (long i0 = 0; i0 < t->ne[0]; i0++)
                        {
                            void* element = row + i0 * (long)t->nb[0];
                            values[i++] = t->type switch
                            {
                                ggml_type.F32 => *(float*)element,
                                ggml_type.F16 => (float)*(Half*)element,
                                _ => *(int*)element,
                            };
                        }
                    }
                }
            }
            return values;
        }
    }
}
