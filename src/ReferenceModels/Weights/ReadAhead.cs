using Engine.Gguf;

namespace ReferenceModels.Weights;

/// <summary>Reads a file's weights once, in order, on a thread of its own while the model loads: the disk is read sequentially, and the first pass finds the pages
/// mapped instead of waiting for one after another wherever its threads happen to be.</summary>
internal sealed unsafe class ReadAhead : IDisposable
{
    // The system maps the pages around one that is read, if it has them already: Linux 64 KiB.
    private const int Stride = 64 * 1024;

    // The pages of a smaller file take less than ten milliseconds.
    private const long SmallestFile = 128 << 20;

    private readonly Thread? _thread;
    private volatile bool _disposed;

    /// <summary>Starts reading, unless the file is small or would not stay in memory.</summary>
    /// <param name="file">Must not be disposed before this.</param>
    /// <param name="available">Bytes of memory for its pages.</param>
    /// <param name="smallest">Bytes of the smallest file that is read ahead.</param>
    public ReadAhead(GgufFile file, long available, long smallest = SmallestFile)
    {
        if (file.FileBytes < smallest || file.FileBytes > available)
        {
            return;
        }

        _thread = new Thread(() => Read(file)) { IsBackground = true, Name = "reference read-ahead" };
        _thread.Start();
    }

    /// <summary>Stops reading.</summary>
    public void Dispose()
    {
        _disposed = true;
        _thread?.Join();
    }

    private void Read(GgufFile file)
    {
        foreach (GgufTensor tensor in file.Tensors)
        {
            byte* data = file.GetPointer(tensor);
            for (long i = 0; i < tensor.ByteLength && !_disposed; i += Stride)
            {
                _ = Volatile.Read(ref data[i]);
            }
        }
    }
}
