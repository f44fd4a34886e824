using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Memory;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.LlamaCpp.Memory;

/// <summary>The judge is what llama.cpp logs of the context it makes.</summary>
[Collection(LoadedLibrary.Name)]
public sealed partial class ContextMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(@"(KV|RS|compute|output) +buffer size = +([0-9.]+) MiB")]
    private static partial Regex BufferSize { get; }

    [Theory]
    [InlineData(256, Numerics.Production)]
    [InlineData(256, Numerics.Strict)]
    [InlineData(5000, Numerics.Production)]
    [InlineData(5000, Numerics.Strict)]
    [InlineData(512, Numerics.Production, "t5")]
    [InlineData(512, Numerics.Strict, "t5")]
    [InlineData(2000, Numerics.Strict, "t5")]
    public async Task The_estimate_holds_what_llama_cpp_takes(int contextLength, Numerics numerics, string architecture = "llama")
    {
        string path = _folder.File("model.gguf");
        bool encodes = architecture == "t5";
        (encodes ? TinyModel.T5(64, 128).Set("t5.context_length", 1024u) : TinyModel.Llama()).Write(path).Dispose();
        var log = new Lines();
        using var model = await new LlamaCppBackend(log).LoadFileAsync(new() { Path = path, Device = "cpu", ContextLength = contextLength }, null, default);
        using var file = GgufFile.Open(path);
        var estimate = ContextMemory.Estimate(file, contextLength, numerics);
        model.OpenPass(new(numerics)).Dispose();
        var said = log.Written.Select(line => BufferSize.Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * (1 << 20));
        Assert.Equal(said["KV"], estimate.KeyValues, 0.01 * (1 << 20));
        Assert.InRange(said["compute"] + said["output"], 0, estimate.Computation);
        Assert.Equal(estimate.Weights + estimate.Repacked + estimate.KeyValues + estimate.Computation, estimate.Total);
    }

    [Theory]
    [InlineData(512, Numerics.Production)]
    [InlineData(512, Numerics.Strict)]
    [InlineData(2000, Numerics.Production)]
    [InlineData(2000, Numerics.Strict)]
    public async Task The_estimate_holds_what_an_encoder_takes_which_keeps_nothing(int contextLength, Numerics numerics)
    {
        string path = _folder.File("model.gguf");
        using var file = TinyModel.Bert(256, 512).Set("bert.context_length", 2000u).Tensor("position_embd.weight", 256, 2000).Write(path);
        var log = new Lines();
        using var model = await new LlamaCppBackend(log).LoadFileAsync(new() { Path = path, Device = "cpu", ContextLength = contextLength }, null, default);
        var estimate = ContextMemory.Estimate(file, contextLength, numerics);
        using (var context = model.CreateContext(model.Shapes.Embedding(numerics)))
        {
            estimate = ContextMemory.Estimate(file, context.Shape);
        }
        var said = log.Written.Select(line => BufferSize.Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * (1 << 20));
        Assert.DoesNotContain("KV", said.Keys);
        Assert.Equal(0, estimate.KeyValues);
        Assert.InRange(said["compute"] + said["output"], 0, estimate.Computation);
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(16, 4096)]
    [InlineData(16, 4096, CacheType.F32)]
    [InlineData(16, 4096, CacheType.Q8_0)]
    [InlineData(16, 4096, CacheType.F16, true)]
    [InlineData(200, 20_000, CacheType.F16, false, 512)]
    public async Task The_estimate_holds_what_a_batch_takes(int sequences, int cells, CacheType cache = CacheType.F16, bool exact = false, int microBatch = 0)
    {
        string path = _folder.File("model.gguf");
        using var file = TinyModel.Llama(64, 96).Set("llama.context_length", 1024u).Write(path);
        var log = new Lines();
        using var model = await new LlamaCppBackend(log).LoadFileAsync(
            new() { Path = path, Device = "cpu", Slots = sequences, CacheType = cache, Exact = exact, MicroBatch = microBatch }, null, default);
        ContextShape shape = model.Shapes.Batch(new(sequences, cells));
        ContextMemory estimate = ContextMemory.Estimate(file, shape);
        model.OpenBatch(new(sequences, cells)).Dispose();
        var said = log.Written.Select(line => BufferSize.Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * (1 << 20));
        Assert.Equal(said["KV"], estimate.KeyValues, 0.01 * (1 << 20));
        Assert.InRange(said["compute"] + said["output"], 0, estimate.Computation);
        Assert.Contains(log.Written, line => line.Contains($"n_ctx                 = {shape.Cells}", StringComparison.Ordinal));
        Assert.Contains(log.Written, line => line.Contains($"n_batch               = {shape.Batch}", StringComparison.Ordinal));
        Assert.Contains(log.Written, line => line.Contains($"n_ubatch              = {shape.MicroBatch}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_estimate_holds_the_states_of_a_recurrent_model()
    {
        string path = _folder.File("model.gguf");
        using var file = TinyModel.Mamba().Write(path);
        var log = new Lines();
        using var model = await new LlamaCppBackend(log).LoadFileAsync(new() { Path = path, Device = "cpu", Slots = 200 }, null, default);
        ContextMemory estimate = ContextMemory.Estimate(file, model.Shapes.Batch(new(200, 256)));
        model.OpenBatch(new(200, 256)).Dispose();
        var said = log.Written.Select(line => BufferSize.Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * (1 << 20));
        Assert.InRange(said["RS"], 1, estimate.KeyValues + 0.01 * (1 << 20));
        Assert.InRange(said["compute"] + said["output"], 0, estimate.Computation);
    }

    [Fact]
    public void Without_repacking_the_copies_are_not_counted()
    {
        using var file = TinyModel.Llama(256, 512).Store("blk.0.attn_q.weight", GgmlType.Q4_K, 256, 256).Write(_folder.File("model.gguf"));
        var shape = new ContextShape(256, 64, 64, Numerics.Production);
        Assert.Equal(256 * 256 / 256 * 144, ContextMemory.Estimate(file, shape).Repacked);
        Assert.Equal(0, ContextMemory.Estimate(file, shape, repacks: false).Repacked);
    }

    private sealed class Lines : ILogger<LlamaCppBackend>
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));
    }

    [Fact]
    public void A_hostile_files_claims_give_a_large_number_and_no_overflow()
    {
        using var file = TinyModel.Llama().Set("llama.block_count", uint.MaxValue).Set("llama.attention.head_count_kv", uint.MaxValue)
            .Set("llama.attention.key_length", uint.MaxValue).Write(_folder.File("model.gguf"));
        Assert.True(ContextMemory.Estimate(file, int.MaxValue, Numerics.Strict).Context >= 1_000_000_000_000_000_000);
    }
}
