using System.Collections.Concurrent;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;
using Engine.Serving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
public sealed class DecoderPassTests : IDisposable
{
    private const int Context = 20_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<LlamaCppModel> Load()
    {
        TinyModel.Llama().Write(_folder.File("model.gguf")).Dispose();
        return new LlamaCppBackend().LoadFileAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu", ContextLength = Context }, null, default);
    }

    [Fact]
    public async Task A_prefill_cancelled_midway_leaves_an_empty_context()
    {
        using var model = await Load();
        using IPass pass = model.OpenPass(new(Numerics.Production));
        pass.Continue([1, 2], default);
        CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(20)); // the prefill takes a second
        Assert.Throws<OperationCanceledException>(() => { pass.Continue(new int[Context - 2], soon); });
        Assert.Equal(0, ((DecoderPass)pass).Length);
        pass.Continue([1, 2], default);
        Assert.Equal(2, ((DecoderPass)pass).Length);
    }

    /// <summary>llama.cpp logs three errors for a computation that was ended on request.</summary>
    [Fact]
    public async Task A_cancellation_is_not_logged_as_an_error_and_later_errors_are()
    {
        using var model = await Load();
        using IPass pass = model.OpenPass(new(Numerics.Production));
        var lines = new Lines();
        NativeLog.RouteTo(lines);
        try
        {
            // A cancellation that falls between two batches leaves llama.cpp nothing to log: another is tried then.
            for (int wait = 20; wait < 120 && !lines.All.Any(IsOfTheAbort); wait++)
            {
                CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(wait));
                Assert.Throws<OperationCanceledException>(() => { pass.Continue(new int[Context - 2], soon); });
            }
            Assert.Contains(lines.All, line => IsOfTheAbort(line) && line.Level == LogLevel.Debug);
            Assert.DoesNotContain(lines.All, line => line.Level >= LogLevel.Error);

            using var full = new DecoderPass(model.CreateContext(new ContextShape(256, 64, 64, Numerics.Production)), 64);
            Assert.Throws<EngineException>(() => { full.Continue([-1], default); }); // the checks of a request come first
            Assert.Contains(lines.All, line => line.Level == LogLevel.Error);
        }
        finally
        {
            NativeLog.RouteTo(NullLogger.Instance);
        }

        static bool IsOfTheAbort((LogLevel Level, string Text) line) => line.Text.Contains("failed to decode", StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_tokens_than_the_context_holds_do_not_reach_llama_cpp()
    {
        using var model = await Load();
        using var pass = new DecoderPass(model.CreateContext(new ContextShape(256, 64, 64, Numerics.Production)), 64);
        Assert.Throws<InvalidOperationException>(() => { pass.Continue(new int[300], default); }); // the checks of a request come first
        pass.Begin([], default);
        pass.Continue([1], default);
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue((logLevel, formatter(state, exception)));
    }
}
