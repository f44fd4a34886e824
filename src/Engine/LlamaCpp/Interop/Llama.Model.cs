using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Models.</summary>
internal static unsafe partial class Llama
{
    /// <summary>Invalid if the file cannot be loaded; the log says why.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ModelHandle llama_model_load_from_file(string path_model, llama_model_params parameters);

    [LibraryImport(Library)]
    internal static partial void llama_model_free(nint model);

    /// <summary>A <c>llama_vocab *</c> that lives as long as the model.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_model_get_vocab(ModelHandle model);

    /// <summary>Width of the rows that the embedding calls return.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_model_n_embd_out(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial uint llama_model_n_cls_out(ModelHandle model);

    /// <summary>0 on success. Writing over the input ends the process (SIGBUS).</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint llama_model_quantize(string fname_inp, string fname_out, in llama_model_quantize_params parameters);
}
