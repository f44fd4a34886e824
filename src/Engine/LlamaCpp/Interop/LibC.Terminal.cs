using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The size of a terminal: .NET tells that of standard output alone. Linux.</summary>
internal static partial class LibC
{
    /// <summary><c>TIOCGWINSZ</c>.</summary>
    internal const nuint WindowSize = 0x5413;

    /// <summary>0 on success.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl")]
    internal static partial int IoCtl(int descriptor, nuint request, out winsize result);
}

/// <summary>asm-generic/termios.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct @winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
