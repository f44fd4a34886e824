using System.Collections.Concurrent;
using Engine.LlamaCpp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
public sealed class DecoderSessionTests : IDisposable
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
    public async Task A_prefill_is_cancelled_in_its_midst_and_leaves_an_empty_context()
    {
        using var model = await Load();
        using var session = model.CreateSession(new(Numerics.Production));
        session.Decode([1, 2], default);
        CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(20)); // the prefill takes a second
        Assert.Throws<OperationCanceledException>(() => { session.Decode(new int[Context - 2], soon); });
        Assert.Equal(0, session.Length);
        session.Decode([1, 2], default);
        Assert.Equal(2, session.Length);
    }

    /// <summary>llama.cpp calls it an error three times that a computation was ended, which was asked for.</summary>
    [Fact]
    public async Task A_cancellation_is_no_error_in_the_log_and_what_comes_after_it_is()
    {
        using var model = await Load();
        using var session = model.CreateSession(new(Numerics.Production));
        var lines = new Lines();
        NativeLog.RouteTo(lines);
        try
        {
            // A cancellation that falls between two batches leaves llama.cpp nothing to log: another is tried then.
            for (int wait = 20; wait < 40 && !lines.All.Any(IsOfTheAbort); wait++)
            {
                CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(wait));
                Assert.Throws<OperationCanceledException>(() => { session.Decode(new int[Context - 2], soon); });
            }
            Assert.Contains(lines.All, line => IsOfTheAbort(line) && line.Level == LogLevel.Debug);
            Assert.DoesNotContain(lines.All, line => line.Level >= LogLevel.Error);

            using var full = new DecoderSession(new LlamaCppContext(model, new ContextShape(256, 64, 64, Numerics.Production)), 64);
            Assert.Throws<EngineException>(() => { full.Decode([-1], default); }); // SessionModel never asks this
            Assert.Contains(lines.All, line => line.Level == LogLevel.Error);
        }
        finally
        {
            NativeLog.RouteTo(NullLogger.Instance);
        }

        static bool IsOfTheAbort((LogLevel Level, string Text) line) => line.Text.Contains("failed to decode", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_is_full_is_an_error_of_the_request_and_not_of_the_process()
    {
        using var model = await Load();
        using var session = new DecoderSession(new LlamaCppContext(model, new ContextShape(256, 64, 64, Numerics.Production)), 64);
        var error = Assert.Throws<EngineException>(() => { session.Decode(new int[300], default); }); // SessionModel never asks this
        Assert.Contains("llama_decode returned 1", error.Message, StringComparison.Ordinal);
        session.Decode([1], default);
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
