using Engine.Gguf;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Runtime;
using LLama.Common;
using LLama.Exceptions;
using LLama.Extensions;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>One loading of a file by LLamaSharp, with its progress, its cancellation and llama.cpp's reasons.</summary>
internal sealed class LLamaSharpLoading(LoadPlan plan, DeviceChoice device, IProgress<float>? progress, CancellationToken cancellationToken)
{
    private readonly ModelFacts _facts = plan.Facts;
    private Exception? _progressError;

    /// <exception cref="ModelFileException">llama.cpp refuses the file; its reason is in the message.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public Task<SafeLlamaModelHandle> RunAsync() => GuardedThread.Run($"loading {_facts.Name}", stackBytes: 16 << 20, Refusal, Load);

    private SafeLlamaModelHandle Load()
    {
        // LLamaSharp's own default copies the weights into memory.
        var options = new ModelParams(_facts.Path) { GpuLayerCount = device.GpuLayers, VocabOnly = !_facts.HasWeights, LoadMode = LLamaLoadMode.MemoryMap };
        if (device.Devices.Count > 0)
        {
            options.MainGpu = device.Main;
            options.SplitMode = device.Split switch
            {
                SplitMode.Row => GPUSplitMode.Row,
                SplitMode.None => GPUSplitMode.None,
                _ => GPUSplitMode.Layer,
            };
            for (int i = 0; i < device.Parts.Count; i++)
            {
                options.TensorSplits[i] = device.Parts[i];
            }
        }
        using var pins = options.ToLlamaModelParams(out var parameters);
        LlamaProgressCallback callback = OnProgress;
        parameters.progress_callback = callback;
        parameters.use_extra_bufts = plan.Repacks;
        using var log = NativeLog.Listen();
        try
        {
            return SafeLlamaModelHandle.LoadFromFile(_facts.Path, parameters);
        }
        catch (LoadWeightsFailedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Refusal(_progressError?.Message ?? log.Reason);
        }
        finally
        {
            GC.KeepAlive(callback);
        }
    }

    private ModelFileException Refusal(string reason) => LoadRefusal.Of(_facts, LLamaSharpLibrary.Runner, reason, _progressError);

    private bool OnProgress(float part, nint context)
    {
        try
        {
            progress?.Report(part);
            return !cancellationToken.IsCancellationRequested;
        }
        catch (Exception error)
        {
            _progressError = error; // nothing may leave a callback
            return false;
        }
    }
}
