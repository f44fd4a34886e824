using Engine.Gguf;
using Engine.Serving;
using Engine.Tokenizers;
using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp;

/// <summary>What is settled before native code sees a file, whichever binding loads it.</summary>
/// <param name="File">Checked by the preflight.</param>
/// <param name="Facts">What it says.</param>
/// <param name="ContextLength">Tokens of a context.</param>
/// <param name="Threads">Threads of a context's computation.</param>
/// <param name="Options">What was asked for; checked.</param>
/// <param name="Adapters">Checked against the file.</param>
internal sealed record LoadPlan(GgufFile File, ModelFacts Facts, int ContextLength, int Threads, ModelOptions Options, IReadOnlyList<AdapterCard> Adapters)
{
    // A thread's share of the weights below which waiting for each other costs threads more than they gain.
    private const long BytesPerThread = 4 << 20;

    /// <summary>The managed tokenizer that feeds the model; null where llama.cpp's own splits texts.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>Opens the file and refuses what cannot be loaded.</summary>
    /// <exception cref="EngineException">The options contradict themselves or the file, or the file would end the process.</exception>
    public static LoadPlan Read(ModelOptions options, ILogger logger)
    {
        ModelOptionRules.Check(options);
        var file = GgufFile.Open(options.Path);
        try
        {
            GgufPreflight.CheckForLlamaCpp(file);
            var facts = new ModelFacts(file, options.VocabularyOnly);
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

    /// <summary>Refuses what the machine and the device have no memory for.</summary>
    /// <exception cref="InsufficientMemoryException">Both numbers are in it.</exception>
    public void RequireMemory(DeviceChoice device)
    {
        if (Facts.Abilities == ModelAbilities.None)
        {
            return;
        }
        var need = ContextMemory.Estimate(File, ContextLength, Numerics.Production);
        long required = (long)Math.Min(need.Weights + need.Repacked + (double)need.Context * Options.Slots, 1e18);
        MemoryRefusal.Check($"Loading {Facts.Name} with {Options.Slots} contexts of {ContextLength} tokens", required, device);
    }

    private static int ThreadsOf(ModelOptions options, ModelFacts facts, ILogger logger)
    {
        int cores = Environment.ProcessorCount;
        if (options.Threads == 0)
        {
            // ggml's threads wait for each other by spinning: more of them than cores is slower by orders of magnitude.
            return (int)Math.Clamp(facts.TensorBytes / BytesPerThread, 1, Math.Max(1, cores / options.Slots));
        }
        if (options.Threads > cores)
        {
            logger.LogWarning("{Model}: {Threads} threads were asked for, the machine has {Cores} cores; taking these.", facts.Name, options.Threads, cores);
        }
        return Math.Min(options.Threads, cores);
    }
}
