using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;
using Engine.LlamaCpp;
using Engine.Registry;
using Engine.Serving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.LlamaCpp.Runtime;

/// <summary>Calls that end a process, deliberately made past the checks: the thread that makes them is parked forever
/// (which costs these tests a stack each), and everything else continues.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class NativeGuardTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<LlamaCppModel> Load(string name, int threads = 1)
    {
        TinyModel.Llama().Write(_folder.File(name)).Dispose();
        return new LlamaCppBackend().LoadFileAsync(new() { Path = _folder.File(name), Device = "cpu", Threads = threads }, null, default);
    }

    private static Task<List<GeneratedToken>> Generate(IModel model) =>
        model.GenerateAsync(new() { Prompt = Prompt.FromTokens([1, 2, 3]), MaxTokens = 2, IgnoreEndOfGeneration = true }).ToListAsync().AsTask().WaitAsync(Soon);

    /// <summary>With one thread each model computes on its own; with two all share the threads, and one of them has just failed on them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failed_assertion_ends_one_model_and_the_others_keep_working(int threads)
    {
        await using var healthy = new ServedModel(await Load("healthy.gguf", threads), new() { Slots = 1 });
        Assert.Equal(2, (await Generate(healthy)).Count);

        // Room for one row of logits in native code, and a session that asks for eight.
        var sick = new ServedModel(new Misshapen(await Load("sick.gguf", threads)), new() { Slots = 2 });
        var request = new ScoreRequest { Tokens = Prompt.FromTokens([1, 2, 3, 4, 5, 6, 7, 8]) };
        var error = await Assert.ThrowsAsync<NativeFailureException>(() => sick.ScoreAsync(request).ToListAsync().AsTask().WaitAsync(Soon));
        Assert.Contains("GGML_ASSERT", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NativeFailureException>(() => Generate(sick));
        await sick.DisposeAsync().AsTask().WaitAsync(Soon);

        Assert.Equal(2, (await Generate(healthy)).Count);
        await using var another = new ServedModel(await Load("another.gguf", threads), new() { Slots = 1 });
        Assert.Equal(2, (await Generate(another)).Count);
    }

    [Fact]
    public async Task A_failed_assertion_in_a_step_of_the_batch_fails_all_requests_of_the_model_with_a_message()
    {
        var sick = new ServedModel(new Misshapen(await Load("sick.gguf")), new() { Slots = 2 });
        Task<List<GeneratedToken>>[] requests = [.. Enumerable.Range(0, 6).Select(_ => Generate(sick))]; // two run, four wait
        foreach (Task<List<GeneratedToken>> request in requests)
        {
            var error = await Assert.ThrowsAsync<NativeFailureException>(() => request);
            Assert.Contains("GGML_ASSERT", error.Message, StringComparison.Ordinal);
        }
        await sick.DisposeAsync().AsTask().WaitAsync(Soon);
        Assert.Equal((0, 0, 0), (sick.Counters.Running, sick.Counters.Waiting, sick.Counters.Cells));
    }

    [Fact]
    public async Task After_it_the_registry_loads_the_model_again()
    {
        var backend = new SickAtFirst(async again => again ? await Load("well.gguf") : new Misshapen(await Load("sick.gguf")));
        await using var registry = new ModelRegistry(new() { Models = { ["default"] = new() { Path = "model.gguf", Backend = backend.Name } } }, [backend], NullLogger<ModelRegistry>.Instance);
        ModelEntry entry = registry.Find(null);
        await Assert.ThrowsAsync<NativeFailureException>(() => Generate(entry));
        Assert.Equal(ModelState.Failed, entry.Status.State);
        Assert.Equal(2, (await Generate(entry)).Count);
        Assert.Equal((ModelState.Ready, 2), (entry.Status.State, backend.Loadings));
    }

    [Fact]
    public async Task An_uncaught_exception_of_native_code_fails_the_call()
    {
        var model = await Load("model.gguf");
        nint vocabulary = Llama.llama_model_get_vocab(model.Handle);
        var call = GuardedThread.Run("out of range", 1 << 20, reason => new NativeFailureException(reason), () => Llama.llama_vocab_get_text(vocabulary, -1));
        var error = await Assert.ThrowsAsync<NativeFailureException>(() => call.WaitAsync(Soon));
        Assert.Contains("C++ exception", error.Message, StringComparison.Ordinal);
    }

    private sealed class SickAtFirst(Func<bool, Task<ILoadedModel>> load) : IModelBackend
    {
        public string Name => "test";

        public int Loadings { get; private set; }

        public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken) =>
            new ServedModel(await load(Loadings++ > 0), new() { Slots = 2 });
    }

    /// <summary>Contexts that are smaller in native code than the checks take them to be.</summary>
    private sealed class Misshapen(LlamaCppModel model) : ILoadedModel
    {
        public ModelCard Card => model.Card;

        public ITokenizer Tokenizer => model.Tokenizer;

        public bool HasBatch => true;

        public ISequenceBatch OpenBatch(BatchShape shape) => new LlamaBatch(
            model, new LlamaContext(model, model.Shapes.Batch(shape), (asked, abort) => new Overreaching(model.OpenCalls(asked, abort)!)));

        public IPass OpenPass(PassKind kind)
        {
            var shape = new ContextShape(256, 64, Outputs: 8, kind.Numerics);
            return new DecoderPass(new LlamaContext(model, shape, (asked, abort) => model.OpenCalls(asked with { Outputs = 1 }, abort)), outputRows: 8);
        }

        public void OnFailure(Action<NativeFailureException> handler) => model.OnFailure(handler);

        public void Dispose() => model.Dispose();
    }

    /// <summary>Names a sequence that no context has, in every step.</summary>
    private sealed unsafe class Overreaching(ILlamaCalls calls) : ILlamaCalls
    {
        public int Decode(ReadOnlySpan<LlamaToken> tokens)
        {
            calls.Remove(ContextShape.MaxSequences, 0);
            return calls.Decode(tokens);
        }

        public int Encode(ReadOnlySpan<LlamaToken> tokens) => calls.Encode(tokens);

        public void Synchronize() => calls.Synchronize();

        public float* Logits(int token) => calls.Logits(token);

        public float* Embedding(int token) => calls.Embedding(token);

        public float* PooledRow(int sequence) => calls.PooledRow(sequence);

        public float* SourceRows() => calls.SourceRows();

        public void Clear() => calls.Clear();

        public bool Remove(int sequence, int from) => calls.Remove(sequence, from);

        public void Share(int from, int to, int length) => calls.Share(from, to, length);

        public int LastPosition(int sequence) => calls.LastPosition(sequence);

        public byte[]? SaveState(int sequence, int header) => calls.SaveState(sequence, header);

        public bool RestoreState(int sequence, ReadOnlySpan<byte> state) => calls.RestoreState(sequence, state);

        public void Dispose() => calls.Dispose();
    }
}
