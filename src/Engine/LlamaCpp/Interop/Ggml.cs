using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>What libggml-base exports: tensors, buffers, devices. Pointers are ggml's own and are not freed here.</summary>
internal static unsafe partial class Ggml
{
    /// <summary>Resolved to <c>libggml-base.so</c>.</summary>
    internal const string BaseLibrary = "ggml-base";

    /// <summary>Resolved to <c>libggml</c> of llama.cpp's version.</summary>
    internal const string RegistryLibrary = "ggml";

    // ggml.h

    /// <summary><c>const char *</c>, static.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_version();

    /// <summary>The callback gets the message of a failed assertion; abort() follows when it returns.</summary>
    /// <returns>The callback set before.</returns>
    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_set_abort_callback(delegate* unmanaged[Cdecl]<byte*, void> callback);

    [LibraryImport(BaseLibrary)]
    internal static partial nuint ggml_nbytes(ggml_tensor* tensor);

    /// <summary><c>const char *</c>, static: the operation's name, such as <c>MUL_MAT</c>.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_op_name(int op);

    /// <summary>Whether the bytes are blocks of this type whose scales, or numbers, are finite; says on the standard error which are not.</summary>
    [LibraryImport(BaseLibrary)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool ggml_validate_row_data(int type, void* data, nuint nbytes);

    /// <summary>Quantizes rows from element <c>start</c> on, of both <c>src</c> and <c>dst</c>. <c>imatrix</c> holds an importance for each
    /// element of a row, or is null.</summary>
    /// <returns>Bytes written.</returns>
    [LibraryImport(BaseLibrary)]
    internal static partial nuint ggml_quantize_chunk(int type, float* src, void* dst, long start, long nrows, long n_per_row, float* imatrix);

    /// <summary>Static.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial ggml_type_traits* ggml_get_type_traits(int type);

    // ggml-backend.h

    [LibraryImport(BaseLibrary)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool ggml_backend_buffer_is_host(nint buffer);

    /// <summary>Copies bytes of a contiguous tensor into host memory, from whichever device holds it.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial void ggml_backend_tensor_get(ggml_tensor* tensor, void* data, nuint offset, nuint size);

    /// <summary><c>const char *</c>, such as <c>CUDA0</c>.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_backend_dev_name(nint device);

    /// <summary><c>const char *</c>, such as the product name of the GPU.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_backend_dev_description(nint device);

    [LibraryImport(BaseLibrary)]
    internal static partial void ggml_backend_dev_memory(nint device, out nuint free, out nuint total);

    [LibraryImport(BaseLibrary)]
    internal static partial ggml_backend_dev_type ggml_backend_dev_type(nint device);

    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_backend_dev_backend_reg(nint device);

    [LibraryImport(BaseLibrary)]
    internal static partial nuint ggml_backend_reg_dev_count(nint reg);

    [LibraryImport(BaseLibrary)]
    internal static partial nint ggml_backend_reg_dev_get(nint reg, nuint index);
}
