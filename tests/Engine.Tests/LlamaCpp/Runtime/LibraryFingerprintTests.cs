using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Runtime;

/// <summary>The real library with one function replaced, as another release or a build with another layout would have it.</summary>
[Collection(LoadedLibrary.Name)]
public sealed unsafe class LibraryFingerprintTests
{
    private readonly nint _library = NativeLibrary.Load(LlamaLibrary.Load(null, NullLogger.Instance).Path);

    [Fact]
    public void The_pinned_library_is_accepted() => Assert.StartsWith("0.5.0", Check("none", 0), StringComparison.Ordinal);

    [Fact]
    public void Another_release_is_refused_with_both_versions()
    {
        var message = Refusal(nameof(Llama.llama_version), (nint)(delegate* unmanaged[Cdecl]<nint>)&NextVersion);
        Assert.Contains("expected llama_version() to be 0.5.0, found 0.6.0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_ggml_is_refused_with_both_versions()
    {
        var message = Refusal(nameof(Ggml.ggml_version), (nint)(delegate* unmanaged[Cdecl]<nint>)&NextVersion);
        Assert.Contains("expected ggml_version() to be 0.25.1, found 0.6.0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_of_another_layout_are_refused_with_what_was_read()
    {
        var message = Refusal(nameof(Llama.llama_context_default_params), NativeLibrary.GetExport(_library, nameof(Llama.llama_model_default_params)));
        Assert.Contains("expected the defaults of llama_context_params to be n_ctx 512, n_batch 2048", message, StringComparison.Ordinal);
        Assert.Contains("found n_ctx 0, n_batch 0", message, StringComparison.Ordinal);
    }

    private string Refusal(string replaced, nint by) =>
        Assert.Throws<NativeLibraryException>(() => Check(replaced, by)).Message;

    private string Check(string replaced, nint by) =>
        LibraryFingerprint.Check("lib.so", (_, function) => function == replaced ? by : NativeLibrary.GetExport(_library, function));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint NextVersion() => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference("0.6.0-dev\0"u8));
}
