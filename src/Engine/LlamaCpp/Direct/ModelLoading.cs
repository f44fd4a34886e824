using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Direct;

/// <summary>One loading of a file by llama.cpp, with its progress, its cancellation and its reasons.</summary>
internal sealed unsafe class ModelLoading(ModelFacts facts, DeviceChoice device, IProgress<float>? progress, CancellationToken cancellationToken)
{
    // What llama.cpp logs of an architecture that it does not have (llama_model_load).
    private Exception? _progressError;

    /// <summary>Whether llama.cpp may copy quantized weights into another order.</summary>
    public bool Repacks { get; init; } = true;

    /// <exception cref="ModelFileException">llama.cpp refuses the file; its reason is in the message.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public Task<ModelHandle> RunAsync() => GuardedThread.Run($"loading {facts.Name}", stackBytes: 16 << 20, Refusal, Load);

    private ModelHandle Load()
    {
        var self = GCHandle.Alloc(this);
        try
        {
            float[] parts = [.. device.Parts, .. new float[(int)Llama.llama_max_devices()]]; // as many as llama.cpp reads, and more
            fixed (nint* devices = device.ToNullTerminated())
            fixed (float* split = parts)
            {
                var parameters = Llama.llama_model_default_params();
                parameters.devices = (nint)devices;
                parameters.n_gpu_layers = device.GpuLayers;
                parameters.use_extra_bufts = Repacks;
                if (device.Devices.Count > 0)
                {
                    parameters.split_mode = device.Split switch
                    {
                        SplitMode.Row => llama_split_mode.ROW,
                        SplitMode.None => llama_split_mode.NONE,
                        _ => llama_split_mode.LAYER,
                    };
                    parameters.main_gpu = device.Main;
                    parameters.tensor_split = device.Parts.Count > 0 ? (nint)split : 0;
                }
                parameters.vocab_only = !facts.HasWeights;
                parameters.progress_callback = &OnProgress;
                parameters.progress_callback_user_data = GCHandle.ToIntPtr(self);
                using var log = NativeLog.Listen();
                var handle = Llama.llama_model_load_from_file(facts.Path, parameters);
                if (handle.IsInvalid)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw Refusal(_progressError?.Message ?? log.Reason);
                }
                return handle;
            }
        }
        finally
        {
            self.Free();
        }
    }

    private ModelFileException Refusal(string reason) => LoadRefusal.Of(facts, $"llama.cpp {LibraryFingerprint.Release}", reason, _progressError);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnProgress(float part, nint data)
    {
        var loading = Unsafe.As<ModelLoading>(GCHandle.FromIntPtr(data).Target!);
        try
        {
            return loading.Report(part) ? (byte)1 : (byte)0;
        }
        catch (Exception error)
        {
            loading._progressError = error; // no exception may leave a callback
            return 0;
        }
    }

    private bool Report(float part)
    {
        progress?.Report(part);
        return !cancellationToken.IsCancellationRequested;
    }
}
