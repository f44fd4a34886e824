using Engine.Gguf;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Memory;
using Engine.Serving;
using Engine.Tokenizers;
using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp;

/// <summary>Everything that is decided before native code sees a file, whichever binding loads it.</summary>
/// <param name="File">Checked by the preflight.</param>
/// <param name="Facts">What it says.</param>
/// <param name="ContextLength">Tokens of a context.</param>
/// <param name="Threads">Threads of a context's computation.</param>
/// <param name="Options">What was requested; checked.</param>
/// <param name="Adapters">Checked against the file.</param>
internal sealed record LoadPlan(GgufFile File, ModelFacts Facts, int ContextLength, int Threads, ModelOptions Options, IReadOnlyList<AdapterCard> Adapters)
{
    // The share of the weights below which another thread costs more in waiting than it gains.
    private const long BytesPerThread = 4 << 20;

    /// <summary>The managed tokenizer that feeds the model; null if llama.cpp's own splits texts.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>Threads where several tokens are evaluated at once.</summary>
    public int BatchThreads => Options.BatchThreads == 0 ? Threads : ThreadCount.Of(Options.BatchThreads);

    /// <summary>Whether quantized weights may be copied into another order, which makes rounding depend on the number of tokens in a batch.</summary>
    public bool Repacks => Options is { Repack: true, Exact: false };

    /// <summary>Opens the file and refuses what cannot be loaded.</summary>
    /// <exception cref="EngineException">The options are inconsistent in themselves or with the file, or the file would end the process.</exception>
    public static LoadPlan Read(ModelOptions options, ILogger logger)
    {
        ModelOptionRules.Check(options);
        var file = GgufFile.Open(options.Path);
        try
        {
            GgufPreflight.CheckForLlamaCpp(file);
            var facts = new ModelFacts(file, options.VocabularyOnly);
            CheckCacheType(options, file, facts);
            IReadOnlyList<AdapterCard> adapters = AdapterLoading.Check(file, options.VocabularyOnly ? [] : options.Adapters, logger);
            return new LoadPlan(file, facts, facts.ContextLength(options.ContextLength), ThreadsOf(options, facts, logger), options, adapters)
            {
                Tokenizer = options.Tokenizer == TokenizerRule.Trained ? FileTokenizer.Feed(file.Metadata, logger) : null,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a model that does not fit into the memory of the machine and the device.</summary>
    /// <exception cref="InsufficientMemoryException">Both numbers are in it.</exception>
    public void RequireMemory(DeviceChoice device)
    {
        if (Facts.Capabilities == ModelCapabilities.None)
        {
            return;
        }
        BatchShape shape = ServingOptions.Of(Options).ShapeFor(ContextLength);
        var shapes = new ContextShapes(this, device, NativeVariant.AsServed, ContextMemory.VocabularyOf(File.Metadata));
        bool batches = Facts.Capabilities.HasFlag(ModelCapabilities.Generate) && !Facts.HasSource;
        ContextShape context = batches ? shapes.Batch(shape) : Facts.HasSource ? shapes.Generating(Numerics.Production) : shapes.Embedding(Numerics.Production);
        bool computesOnCpu = device.Devices.Count == 0 || device.GpuLayers >= 0;
        ContextMemory need = ContextMemory.Estimate(File, context, Repacks && computesOnCpu);
        MemoryRefusal.Check($"Loading {Facts.Name} with {(batches ? $"{shape.Sequences} slots and " : "")}a context of {context.Cells} tokens", need.Total, device);
    }

    // llama.cpp refuses a context whose rows cannot be divided into blocks of 32, and ends the process if values are quantized and attention has a bias.
    private static void CheckCacheType(ModelOptions options, GgufFile file, ModelFacts facts)
    {
        if (options.CacheType != CacheType.Q8_0)
        {
            return;
        }
        const int Block = 32;
        if (facts.HasSource)
        {
            throw new ConfigurationException($"Loading {facts.Name}: CacheType is q8_0, and the attention of an encoder–decoder has a bias, with which llama.cpp quantizes no values. Set it to f16.");
        }
        (double keys, double values) = ContextMemory.HeadSizes(file);
        if ((keys % Block != 0 ? keys : values) is var size && size % Block != 0)
        {
            throw new ConfigurationException($"Loading {facts.Name}: CacheType is q8_0, which keeps blocks of {Block} numbers: expected heads of a multiple of {Block}, found {size}. Set it to f16.");
        }
    }

    private static int ThreadsOf(ModelOptions options, ModelFacts facts, ILogger logger)
    {
        int cores = Environment.ProcessorCount;
        if (options.Threads == 0)
        {
            // ggml's threads wait for each other by spinning: more of them than cores is slower by orders of magnitude.
            return (int)Math.Clamp(facts.TensorBytes / BytesPerThread, 1, cores);
        }
        if (options.Threads > cores)
        {
            logger.FewerThreads(facts.Name, options.Threads, cores);
        }
        return ThreadCount.Of(options.Threads);
    }
}

/// <summary>Log messages about how a model is loaded.</summary>
internal static partial class LoadLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Model}: {Threads} threads were requested, but the machine has only {Cores} cores; using one thread per core.")]
    public static partial void FewerThreads(this ILogger logger, string model, int threads, int cores);
}
