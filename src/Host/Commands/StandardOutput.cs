using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Engine.Host.Commands;

/// <summary>Standard output that notices when its reader has gone.</summary>
/// <remarks>.NET's console stream swallows EPIPE, so that <c>engine generate … | head -1</c> would continue to the last token.</remarks>
internal static class StandardOutput
{
    /// <summary>An unbuffered UTF-8 writer. Writing throws <see cref="OutputClosedException"/> once the reader has gone.</summary>
    public static TextWriter Open() =>
        new StreamWriter(new PipeStream(OpenStream()), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };

    private static Stream OpenStream()
    {
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // A FileStream over a regular file keeps its own offset, and would overwrite what standard error writes under "> all.txt 2>&1".
            return stream.CanSeek ? Console.OpenStandardOutput() : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.OpenStandardOutput();
        }
    }

    private sealed class PipeStream(Stream inner) : Stream
    {
        private const int BrokenPipe = 32;                            // EPIPE
        private const int WindowsBrokenPipe = unchecked((int)0x8007006D); // ERROR_BROKEN_PIPE
        private const int WindowsNoData = unchecked((int)0x800700E8);     // ERROR_NO_DATA

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            catch (IOException e) when (e.HResult is BrokenPipe or WindowsBrokenPipe or WindowsNoData)
            {
                throw new OutputClosedException(e);
            }
            catch (Exception e) when (SystemRefusal.Is(e))
            {
                throw new OutputRefusedException($"Writing to standard output: {SystemRefusal.Describe(e)} at its target. Redirect it elsewhere.");
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>Standard output cannot be written.</summary>
internal sealed class OutputRefusedException(string message) : EngineException(message);

/// <summary>Nobody reads standard output any longer. Ends the process quietly.</summary>
internal sealed class OutputClosedException(Exception inner) : IOException("Standard output is closed.", inner);
