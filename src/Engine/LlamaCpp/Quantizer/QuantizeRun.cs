using System.Globalization;
using System.Text;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>One call of llama.cpp's quantizer: dry, to learn what it will do, or in earnest.</summary>
/// <param name="input">The file, of a split one the first part.</param>
/// <param name="output">Where it writes; nothing but this run may use the file.</param>
/// <param name="type">What to make of it.</param>
/// <param name="threads">1 or more.</param>
/// <param name="importance">An importance matrix, or null.</param>
internal sealed unsafe class QuantizeRun(GgufFile input, string output, QuantizeType type, int threads, ImportanceMatrix? importance)
{
    // The rows held in memory at once; llama.cpp's own limit is 8 GiB.
    private const int MostBuffer = 1 << 30;

    private readonly Dictionary<string, long> _elements = input.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Elements);
    private readonly double _all = Math.Max(1, input.Tensors.Sum(tensor => tensor.Elements));
    private long _done;

    /// <summary>What the quantizer said.</summary>
    public QuantizeLog Log { get; } = new();

    /// <summary>Runs it on a thread of its own.</summary>
    /// <param name="dry">Writes nothing.</param>
    /// <param name="progress">Part of the elements done.</param>
    /// <param name="cancellationToken">Takes effect when the tensor in work is done.</param>
    /// <exception cref="ModelFileException">llama.cpp refuses; its reason is in the message.</exception>
    public Task RunAsync(bool dry, IProgress<float>? progress, CancellationToken cancellationToken) =>
        GuardedThread.Run($"quantizing {input.FileName}", stackBytes: 16 << 20, Refusal, () => Quantize(dry, progress, cancellationToken));

    private bool Quantize(bool dry, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        using ImportanceMatrix.Pinned? pinned = importance?.Pin();
        var parameters = Llama.llama_model_quantize_default_params();
        parameters.nthread = threads;
        parameters.ftype = type.Number;
        parameters.allow_requantize = true; // refused before, with a better sentence
        parameters.dry_run = dry;
        parameters.imatrix = pinned is null ? null : pinned.Entries;
        parameters.max_buf_size = MostBuffer;
        // Empty after the first.
        llama_model_kv_override* overrides = stackalloc llama_model_kv_override[2];
        parameters.kv_overrides = AlignAsWritten(overrides);
        Exception? progressError = null;
        using var log = NativeLog.Listen(Observe);
        cancellationToken.ThrowIfCancellationRequested();
        uint failed = Llama.llama_model_quantize(input.Path, output, parameters);
        cancellationToken.ThrowIfCancellationRequested();
        return progressError is not null ? throw progressError : failed == 0 ? true : throw Refusal(log.Reason);

        void Observe(string line)
        {
            if (Log.Read(line) is not { } tensor || dry)
            {
                return;
            }
            try
            {
                progress?.Report((float)((_done += _elements.GetValueOrDefault(tensor)) / _all));
            }
            catch (Exception error)
            {
                progressError = error; // nothing may leave a callback
            }
            if (progressError is not null || cancellationToken.IsCancellationRequested)
            {
                TakeOutputAway();
            }
        }
    }

    /// <summary>The quantizer copies the input's alignment into the metadata, and aligns to 32 all the same: a file that nothing can read.</summary>
    private llama_model_kv_override* AlignAsWritten(llama_model_kv_override* overrides)
    {
        if ((input.Metadata.GetUInt32(GgufKeys.Alignment) ?? GgufLimits.DefaultAlignment) == GgufLimits.DefaultAlignment)
        {
            return null;
        }
        new Span<byte>(overrides, 2 * sizeof(llama_model_kv_override)).Clear();
        overrides->tag = llama_model_kv_override_type.INT;
        Encoding.ASCII.GetBytes(GgufKeys.Alignment, new Span<byte>(overrides->key, 127));
        overrides->val_i64 = GgufLimits.DefaultAlignment;
        return overrides;
    }

    /// <summary>The quantizer cannot be told to stop, but it does where it cannot write. Called on its own thread, between
    /// two tensors, when it cannot close or open a file meanwhile.</summary>
    private void TakeOutputAway()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // it continues to its end
        }
        using var nothing = File.OpenHandle("/dev/null");
        foreach (string descriptor in Directory.EnumerateFiles("/proc/self/fd"))
        {
            // After the target stands " (deleted)" where the file is gone already.
            if (new FileInfo(descriptor).LinkTarget?.StartsWith(output, StringComparison.Ordinal) == true)
            {
                _ = LibC.Dup2((int)nothing.DangerousGetHandle(), int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture));
            }
        }
    }

    private ModelFileException Refusal(string reason)
    {
        string why = string.Join(' ', reason.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => word.Trim('=').Length > 0));
        return why.Contains("iostream error", StringComparison.Ordinal)
            ? new($"Quantizing {input.FileName}: expected to write {Path.GetDirectoryName(Path.GetDirectoryName(output))}, the system refuses: {why}. Check that the disk is not full.")
            : new($"Quantizing {input.FileName} to {type.Name}: expected a model that llama.cpp {LibraryFingerprint.Release} quantizes; it gave up: {why}. Check the file, or convert the model again.");
    }
}
