using LLama.Abstractions;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>Which of its packages' libraries LLamaSharp tries, in order. Its own choice skips CUDA where no toolkit is
/// installed, though the driver and the runtime are all that is needed, and starts a program to find Vulkan.</summary>
/// <param name="triesCuda">Whether the libraries for CUDA 12 come first.</param>
internal sealed class LLamaSharpSelection(bool triesCuda) : INativeLibrarySelectingPolicy
{
    private const int CudaVersion = 12;

    public IEnumerable<INativeLibrary> Apply(NativeLibraryConfig.Description description, SystemInfo systemInfo, NativeLogConfig.LLamaLogCallback? logCallback)
    {
        if (!string.IsNullOrEmpty(description.Path))
        {
            yield return new NativeLibraryFromPath(description.Path);
            yield break;
        }
        if (triesCuda)
        {
            yield return new NativeLibraryWithCuda(CudaVersion, description.Library, description.AvxLevel, skipCheck: true);
        }
        if (OperatingSystem.IsMacOS())
        {
            yield return new NativeLibraryWithMacOrFallback(description.Library);
            yield break;
        }
        for (AvxLevel level = description.AvxLevel; level >= AvxLevel.None; level--)
        {
            yield return new NativeLibraryWithAvx(description.Library, level, skipCheck: false);
        }
    }
}
