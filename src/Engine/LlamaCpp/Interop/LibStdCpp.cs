using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The C++ library under libllama on Linux: an uncaught exception there goes to its terminate handler.</summary>
internal static unsafe partial class LibStdCpp
{
    /// <summary><c>std::set_terminate</c>. The handler runs on the throwing thread and must not return.</summary>
    /// <returns>The handler set before.</returns>
    [LibraryImport("libstdc++.so.6", EntryPoint = "_ZSt13set_terminatePFvvE")]
    internal static partial delegate* unmanaged[Cdecl]<void> SetTerminate(delegate* unmanaged[Cdecl]<void> handler);
}
