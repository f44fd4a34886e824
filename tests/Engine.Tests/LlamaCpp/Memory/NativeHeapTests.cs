using System.Runtime.InteropServices;
using Engine.LlamaCpp.Memory;

namespace Engine.Tests.LlamaCpp.Memory;

public sealed unsafe class NativeHeapTests
{
    private const int Blocks = 8192, Bytes = 32 << 10; // small enough to be in an arena, and not a mapping each

    [Fact]
    public void Freed_memory_below_a_block_in_use_goes_back_to_the_system()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out _))
        {
            return; // there is nothing to be trimmed
        }
        void* last = null;
        // A thread started for it has an arena of its own, as a load has.
        var thread = new Thread(() =>
        {
            var blocks = new nint[Blocks];
            for (int i = 0; i < Blocks; i++)
            {
                blocks[i] = (nint)NativeMemory.Alloc(Bytes);
                new Span<byte>((void*)blocks[i], Bytes).Fill(1);
            }
            last = NativeMemory.Alloc(Bytes);
            Array.ForEach(blocks, block => NativeMemory.Free((void*)block));
        });
        thread.Start();
        thread.Join();
        try
        {
            long before = Anonymous();
            NativeHeap.Trim();
            // All of it but what other tests took meanwhile.
            Assert.InRange(before - Anonymous(), (long)Blocks * Bytes / 2, long.MaxValue);
        }
        finally
        {
            NativeMemory.Free(last);
        }
    }

    private static long Anonymous() =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))["RssAnon:".Length..].Replace("kB", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
}
