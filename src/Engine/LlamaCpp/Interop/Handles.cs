using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Owns a <c>llama_model *</c>.</summary>
internal sealed class ModelHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Llama.llama_model_free(handle);
        return true;
    }
}

/// <summary>Owns a <c>llama_context *</c> and keeps its model from being freed first, whatever order the
/// garbage collector finalizes the two in.</summary>
internal sealed class ContextHandle() : SafeHandle(0, ownsHandle: true)
{
    private ModelHandle? _model;

    public override bool IsInvalid => handle == 0;

    /// <summary>Makes a context; <see cref="IsInvalid"/> where llama.cpp refuses.</summary>
    public static ContextHandle FromModel(ModelHandle model, llama_context_params parameters)
    {
        var referenced = false;
        model.DangerousAddRef(ref referenced);
        var context = Llama.llama_init_from_model(model, parameters);
        if (context.IsInvalid)
        {
            model.DangerousRelease();
        }
        else
        {
            context._model = model;
        }
        return context;
    }

    protected override bool ReleaseHandle()
    {
        Llama.llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }
}
