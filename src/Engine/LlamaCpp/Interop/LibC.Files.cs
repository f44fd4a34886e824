using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Facts about files that .NET does not provide, on Linux.</summary>
internal static unsafe partial class LibC
{
    /// <summary><c>AT_FDCWD</c>: a path is relative to the working folder.</summary>
    internal const int WorkingFolder = -100;

    /// <summary><c>STATX_TYPE | STATX_INO</c>.</summary>
    internal const uint TypeAndInode = 0x1 | 0x100;

    /// <summary>0 on success. Follows links.</summary>
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(int directory, string path, int flags, uint mask, statx* result);
}

/// <summary>The fields read here. linux/stat.h gives the struct the same layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct @statx
{
    [FieldOffset(28)]
    public ushort stx_mode;

    [FieldOffset(32)]
    public ulong stx_ino;

    [FieldOffset(136)]
    public uint stx_dev_major;

    [FieldOffset(140)]
    public uint stx_dev_minor;
}
