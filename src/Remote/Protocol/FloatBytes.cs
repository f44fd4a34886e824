using System.Buffers;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Engine.Remote.Protocol;

/// <summary>Numbers as bytes on the wire: float32, little-endian. They are not copied before they are written.</summary>
internal static class FloatBytes
{
    /// <summary>The most numbers in one part of an answer: with its header, a message of less than 512 KiB, whose buffers are pooled.</summary>
    public const int PartLength = 127 * 1024;

    /// <summary>The bytes of numbers that do not change until they are written.</summary>
    public static ByteString Wrap(float[] values) => Wrap(values, 0, values.Length);

    /// <summary>The bytes of some of them.</summary>
    public static ByteString Wrap(float[] values, int start, int length) => UnsafeByteOperations.UnsafeWrap(new View(values, start, length).Memory);

    /// <summary>The numbers of bytes.</summary>
    public static float[] Read(ByteString bytes)
    {
        float[] values = new float[bytes.Length / sizeof(float)];
        Copy(bytes, values);
        return values;
    }

    /// <summary>Copies the complete numbers among the bytes to the beginning of <paramref name="values"/>.</summary>
    public static void Copy(ByteString bytes, Span<float> values) =>
        bytes.Span[..(bytes.Length / sizeof(float) * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(values));

    private sealed class View(float[] values, int start, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan(start, length));

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("These bytes are written by managed code.");

        public override void Unpin()
        {
            // Nothing was pinned.
        }

        protected override void Dispose(bool disposing)
        {
            // The array is the caller's.
        }
    }
}
