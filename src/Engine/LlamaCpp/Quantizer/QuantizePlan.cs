using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>The format that llama.cpp's quantizer would give each tensor, found by a dry run.</summary>
internal sealed unsafe class QuantizePlan
{
    private readonly GgufFile _input;
    private readonly QuantizeType _type;

    private QuantizePlan(GgufFile input, QuantizeType type) => (_input, _type) = (input, type);

    /// <summary>What the quantizer said.</summary>
    public QuantizeLog Log { get; } = new();

    /// <summary>Makes a plan on a separate thread.</summary>
    /// <param name="input">The file, or the first part of a split one.</param>
    /// <param name="type">The type to quantize to.</param>
    /// <param name="importance">An importance matrix, or null: some recipes are finer without one.</param>
    /// <exception cref="ModelFileException">llama.cpp refuses; its reason is in the message.</exception>
    public static Task<QuantizePlan> MakeAsync(GgufFile input, QuantizeType type, ImportanceMatrix? importance)
    {
        var plan = new QuantizePlan(input, type);
        return GuardedThread.Run($"planning {input.FileName}", stackBytes: 16 << 20, plan.Refusal, () => plan.Make(importance));
    }

    /// <summary>The format that a tensor of the input gets.</summary>
    public GgmlType TypeOf(GgufTensor tensor) => Log.Planned.GetValueOrDefault(tensor.Name, tensor.Type);

    /// <summary>An error for a reason given by llama.cpp or ggml.</summary>
    public ModelFileException Refusal(string reason)
    {
        string why = string.Join(' ', reason.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => word.Trim('=').Length > 0));
        return new($"Quantizing {_input.FileName} to {_type.Name}: expected a model that llama.cpp {LibraryFingerprint.Release} quantizes; it gave up: {why}. Check the file, or convert the model again.");
    }

    private QuantizePlan Make(ImportanceMatrix? importance)
    {
        using ImportanceMatrix.Pinned? pinned = importance?.Pin();
        var parameters = Llama.llama_model_quantize_default_params();
        parameters.ftype = _type.Number;
        parameters.allow_requantize = true; // already refused, with a better message
        parameters.dry_run = true;
        parameters.imatrix = pinned is null ? null : pinned.Entries;
        var listed = new HashSet<string>();
        using var log = NativeLog.Listen(line =>
        {
            if (Log.Read(line) is { } tensor)
            {
                listed.Add(tensor);
            }
        });
        if (Llama.llama_model_quantize(_input.Path, "", parameters) != 0)
        {
            throw Refusal(log.Reason);
        }
        return _input.Tensors.FirstOrDefault(tensor => !listed.Contains(tensor.Name)) is { } missing
            ? throw Refusal($"its plan does not name the tensor '{missing.Name}'")
            : this;
    }
}
