using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>libggml's exports: the registry of backends and their devices (ggml-backend.h).</summary>
internal static unsafe partial class Ggml
{
    /// <summary>Names are compared without regard to case.</summary>
    /// <returns>0 if there is none with this name.</returns>
    [LibraryImport(RegistryLibrary, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ggml_backend_reg_by_name(string name);

    /// <summary>Loads one plugin and, unlike <see cref="ggml_backend_load_all_from_path"/>, logs why it cannot.</summary>
    /// <returns>Its registration, or 0.</returns>
    [LibraryImport(RegistryLibrary, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ggml_backend_load(string path);

    /// <summary>Loads the plugins of a folder, of each kind the one that suits this machine best. Does not report failures.</summary>
    [LibraryImport(RegistryLibrary, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void ggml_backend_load_all_from_path(string dir_path);
}
