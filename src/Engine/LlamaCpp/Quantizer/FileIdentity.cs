using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>The file that a path leads to after following links. Two paths with the same identity are the same file.</summary>
/// <param name="Device">Number of the file system; 0 if the system does not say.</param>
/// <param name="Inode">Number of the file on it.</param>
/// <param name="Path">The path with all links resolved if the system gives no numbers; empty otherwise.</param>
/// <param name="IsRegular">Whether it is a file, not a folder, a device or a pipe.</param>
internal sealed record FileIdentity(ulong Device, ulong Inode, string Path, bool IsRegular)
{
    private const int TypeMask = 0xF000, Regular = 0x8000; // S_IFMT, S_IFREG

    /// <summary>Null if there is nothing.</summary>
    public static unsafe FileIdentity? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            statx found;
            return LibC.StatX(LibC.WorkingFolder, path, 0, LibC.TypeAndInode, &found) == 0
                ? new(((ulong)found.stx_dev_major << 32) | found.stx_dev_minor, found.stx_ino, "", (found.stx_mode & TypeMask) == Regular)
                : null;
        }
        string full = System.IO.Path.GetFullPath(path);
        return File.Exists(full) ? new(0, 0, File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full, IsRegular: true)
            : Directory.Exists(full) ? new(0, 0, full, IsRegular: false)
            : null;
    }
}
