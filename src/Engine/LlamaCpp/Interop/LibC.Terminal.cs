using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Facts about terminals and standard streams that .NET does not provide, on Linux.</summary>
internal static partial class LibC
{
    /// <summary><c>F_GETFD</c>.</summary>
    internal const int DescriptorFlags = 1;

    /// <summary><c>FD_CLOEXEC</c>.</summary>
    internal const int ClosesOnExec = 1;

    /// <summary>-1 if there is no such descriptor.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int descriptor, int command);

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
