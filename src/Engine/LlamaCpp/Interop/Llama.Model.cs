using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Models.</summary>
internal static unsafe partial class Llama
{
    /// <summary>Invalid where the file cannot be loaded; the log says why.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ModelHandle llama_model_load_from_file(string path_model, llama_model_params parameters);

    /// <param name="paths">The parts in their order.</param>
    /// <param name="n_paths">Number of parts.</param>
    /// <param name="parameters">As for one file.</param>
    [LibraryImport(Library)]
    internal static partial ModelHandle llama_model_load_from_splits(byte** paths, nuint n_paths, llama_model_params parameters);

    [LibraryImport(Library)]
    internal static partial void llama_model_free(nint model);

    /// <summary>A <c>llama_vocab *</c> that lives as long as the model.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_model_get_vocab(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial int llama_model_n_ctx_train(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial int llama_model_n_embd(ModelHandle model);

    /// <summary>Width of the rows that the embedding calls return.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_model_n_embd_out(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial int llama_model_n_layer(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial int llama_model_n_head(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial int llama_model_n_head_kv(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial uint llama_model_n_cls_out(ModelHandle model);

    /// <summary>Length of the value, or -1 where the file has no such scalar; the buffer always ends in 0.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int llama_model_meta_val_str(ModelHandle model, string key, byte* buf, nuint buf_size);

    [LibraryImport(Library)]
    internal static partial int llama_model_desc(ModelHandle model, byte* buf, nuint buf_size);

    [LibraryImport(Library)]
    internal static partial llama_ftype llama_model_ftype(ModelHandle model);

    /// <summary>Bytes of all tensors.</summary>
    [LibraryImport(Library)]
    internal static partial ulong llama_model_size(ModelHandle model);

    [LibraryImport(Library)]
    internal static partial ulong llama_model_n_params(ModelHandle model);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_model_has_encoder(ModelHandle model);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_model_has_decoder(ModelHandle model);

    /// <summary>-1 where the architecture or the file has none.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_model_decoder_start_token(ModelHandle model);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_model_is_recurrent(ModelHandle model);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_model_is_hybrid(ModelHandle model);

    /// <summary>0 on success. Output over input ends the process (SIGBUS).</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint llama_model_quantize(string fname_inp, string fname_out, in llama_model_quantize_params parameters);
}
