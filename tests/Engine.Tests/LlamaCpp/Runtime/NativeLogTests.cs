using System.Text;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Runtime;

[Collection(LoadedLibrary.Name)]
public sealed unsafe class NativeLogTests : IDisposable
{
    public void Dispose() => NativeLog.RouteTo(NullLogger.Instance);

    [Fact]
    public void Fragments_become_lines_and_a_continuation_keeps_its_level()
    {
        using var log = NativeLog.Listen();
        Say(ggml_log_level.ERROR, "cannot ");
        Say(ggml_log_level.CONT, "load\nsecond line\n");
        Say(ggml_log_level.WARN, "odd\n");
        Assert.Equal(["cannot load", "second line", "odd"], log.Lines);
        Assert.Equal("cannot load; second line", log.Reason);
    }

    [Fact]
    public void Warnings_are_the_reason_if_no_error_was_logged()
    {
        using var log = NativeLog.Listen();
        Say(ggml_log_level.INFO, "fine\n");
        Say(ggml_log_level.WARN, "odd\n");
        Assert.Equal("odd", log.Reason);
    }

    [Fact]
    public void A_listener_hears_only_its_own_thread()
    {
        using var log = NativeLog.Listen();
        var other = new Thread(() => Say(ggml_log_level.ERROR, "elsewhere\n"));
        other.Start();
        other.Join();
        Assert.Empty(log.Lines);
    }

    [Fact]
    public void An_ended_listener_gives_the_thread_back_to_the_one_before()
    {
        using var outer = NativeLog.Listen();
        using (NativeLog.Listen())
        {
            Say(ggml_log_level.ERROR, "inner\n");
        }
        Say(ggml_log_level.ERROR, "outer\n");
        Assert.Equal(["outer"], outer.Lines);
    }

    [Fact]
    public void A_logger_that_throws_does_not_end_the_process()
    {
        NativeLog.RouteTo(new ThrowingLogger());
        Say(ggml_log_level.ERROR, "first\n");
        using var log = NativeLog.Listen();
        Say(ggml_log_level.ERROR, "second\n");
        Assert.Equal(["second"], log.Lines);
    }

    /// <summary>Calls as native code does.</summary>
    private static void Say(ggml_log_level level, string text)
    {
        delegate* unmanaged[Cdecl]<ggml_log_level, byte*, nint, void> receive = &NativeLog.Receive;
        fixed (byte* bytes = Encoding.UTF8.GetBytes(text + "\0"))
        {
            receive(level, bytes, 0);
        }
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("a logger of the user's that fails");
    }
}
