using Engine.Configuration;
using Engine.Generation;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LlamaCpp;

/// <summary>The production backend: GGUF files of any architecture that llama.cpp runs.</summary>
/// <param name="logger">Receives llama.cpp's log.</param>
public sealed class LlamaCppBackend(ILogger<LlamaCppBackend>? logger = null) : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "llama.cpp";

    // A thread's share of the weights below which waiting for each other costs threads more than they gain.
    private const long BytesPerThread = 4 << 20;

    private readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;

    /// <summary>How to compute, for comparing right ways with each other.</summary>
    internal NativeVariant Variant { get; init; } = NativeVariant.AsServed;

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights stay in the file, which is mapped: it must not be changed or cut while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        Check(options);
        var model = await Task.Run(() => LoadFileAsync(options, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new SessionModel(model, options.Slots, logger: _logger);
    }

    internal async Task<LlamaCppModel> LoadFileAsync(ModelOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var file = GgufFile.Open(options.Path);
        try
        {
            GgufPreflight.Check(file);
            var facts = new ModelFacts(file, options.VocabularyOnly);
            int contextLength = facts.ContextLength(options.ContextLength);
            var library = LlamaLibrary.Load(options.LibraryPath, _logger, Variant.Plugin);
            NativeGuard.Install();
            var device = DeviceSelection.Choose(library, options.Device, options.GpuLayers, _logger);
            if (facts.Abilities != ModelAbilities.None)
            {
                var need = ContextMemory.Estimate(file, contextLength, Numerics.Production, facts.IsWhole ? contextLength : null);
                MemoryRefusal.Check($"Loading {facts.Name} with {options.Slots} contexts of {contextLength} tokens", Required(need, options.Slots), device);
            }
            int threads = Threads(options, facts);
            var handle = await new ModelLoading(facts, device, progress, cancellationToken) { Repacks = Variant.Repacks }.RunAsync().ConfigureAwait(false);
            return new LlamaCppModel(handle, file, facts, device, contextLength, threads)
            {
                Variant = Variant,
                Adapters = await AdaptersAsync(handle, file, options).ConfigureAwait(false),
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static async Task<LlamaAdapters> AdaptersAsync(ModelHandle model, GgufFile file, ModelOptions options)
    {
        try
        {
            return await LlamaAdapters.LoadAsync(model, file, options.VocabularyOnly ? [] : options.Adapters).ConfigureAwait(false);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static long Required(ContextMemory need, int slots) => (long)Math.Min(need.Weights + need.Repacked + (double)need.Context * slots, 1e18);

    private int Threads(ModelOptions options, ModelFacts facts)
    {
        int cores = Environment.ProcessorCount;
        if (options.Threads == 0)
        {
            // ggml's threads wait for each other by spinning: more of them than cores is slower by orders of magnitude.
            return (int)Math.Clamp(facts.TensorBytes / BytesPerThread, 1, Math.Max(1, cores / options.Slots));
        }
        if (options.Threads > cores)
        {
            _logger.LogWarning("{Model}: {Threads} threads were asked for, the machine has {Cores} cores; taking these.", facts.Name, options.Threads, cores);
        }
        return Math.Min(options.Threads, cores);
    }

    private static void Check(ModelOptions options)
    {
        Expect(!string.IsNullOrWhiteSpace(options.Path), nameof(options.Path), "the path of a GGUF file", "nothing");
        Expect(options.ContextLength >= 0, nameof(options.ContextLength), "0 (the model's own) or more", options.ContextLength);
        Expect(options.Slots >= 1, nameof(options.Slots), "1 or more", options.Slots);
        Expect(options.Threads >= 0, nameof(options.Threads), "0 (all cores) or more", options.Threads);
        Expect(options.Adapters.All(adapter => float.IsFinite(adapter.Scale)), nameof(options.Adapters), "of finite scale", "another");
        Expect(options.GpuLayers >= -1, nameof(options.GpuLayers), "-1 (all) or more", options.GpuLayers);

        static void Expect(bool holds, string name, string expected, object found)
        {
            if (!holds)
            {
                throw new ConfigurationException($"Loading a model: expected {name} to be {expected}, found {found}. Correct the option.");
            }
        }
    }
}
