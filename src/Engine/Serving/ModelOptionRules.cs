using Engine.Chat;

namespace Engine.Serving;

/// <summary>Validates a model's options, whichever backend loads it.</summary>
internal static class ModelOptionRules
{
    /// <summary>The minimum in the exact mode, where a prompt is divided so that no piece is a single token.</summary>
    public const int MinMicroBatch = 4;

    public const int MaxMicroBatch = 8192;

    /// <summary>llama.cpp's LLAMA_MAX_SEQ; a sequence beyond it ends the process.</summary>
    public const int MaxSlots = 256;

    /// <summary>The errors, each beginning with the option.</summary>
    /// <param name="missing">Says where a path was looked for; null if only in one place.</param>
    public static IEnumerable<string> Mistakes(ModelOptions options, Func<string, string>? missing = null)
    {
        if (options.ContextLength < 0)
        {
            yield return $"ContextLength is {options.ContextLength}. Set it to a number of tokens, or to 0 for the model's own.";
        }
        if (options.Slots is < 1 or > MaxSlots)
        {
            yield return $"Slots is {options.Slots}. Set it to a number of generations at the same time, from 1 to {MaxSlots}.";
        }
        if (options.CacheTokens < 0)
        {
            yield return $"CacheTokens is {options.CacheTokens}. Set it to a number of tokens for all slots together, or to 0 for Slots times ContextLength.";
        }
        if (options.CacheTokens > 0 && options.CacheTokens < options.ContextLength)
        {
            yield return $"CacheTokens is {options.CacheTokens}, and ContextLength is {options.ContextLength}. Set CacheTokens to at least that many, or ContextLength to less.";
        }
        if (options.Queue < 0)
        {
            yield return $"Queue is {options.Queue}. Set it to a number of requests that may wait.";
        }
        if (!Enum.IsDefined(options.Arithmetic))
        {
            yield return $"Arithmetic is {options.Arithmetic}. Set it to {Words<Arithmetic>()}.";
        }
        if (options.Threads < 0)
        {
            yield return $"Threads is {options.Threads}. Set it to a number of threads, or to 0 for as many as help.";
        }
        if (options.BatchThreads < 0)
        {
            yield return $"BatchThreads is {options.BatchThreads}. Set it to a number of threads, or to 0 for as many as Threads.";
        }
        if (options.MicroBatch is < 0 or (> 0 and < MinMicroBatch) or > MaxMicroBatch)
        {
            yield return $"MicroBatch is {options.MicroBatch}. Set it to a number of tokens from {MinMicroBatch} to {MaxMicroBatch}, or to 0 for the device's own.";
        }
        if (!Enum.IsDefined(options.CacheType))
        {
            yield return $"CacheType is {options.CacheType}. Set it to {Words<CacheType>()}.";
        }
        if (!Enum.IsDefined(options.FlashAttention))
        {
            yield return $"FlashAttention is {options.FlashAttention}. Set it to {Words<FlashAttention>()}.";
        }
        if (options is { CacheType: CacheType.Q8_0, FlashAttention: FlashAttention.Off })
        {
            yield return "CacheType is q8_0, and FlashAttention is off. Set FlashAttention to auto or on, without which values cannot be quantized, or CacheType to f16.";
        }
        if (options is { CacheType: CacheType.F32, FlashAttention: FlashAttention.On })
        {
            yield return "CacheType is f32, and FlashAttention is on, which rounds keys and values to 16 bits. Set FlashAttention to auto or off, or CacheType to f16.";
        }
        if (!Enum.IsDefined(options.SplitMode))
        {
            yield return $"SplitMode is {options.SplitMode}. Set it to {Words<SplitMode>()}.";
        }
        if (options.TensorSplit.Count > 0 && (options.TensorSplit.Any(part => !float.IsFinite(part) || part < 0) || options.TensorSplit.All(part => part == 0)))
        {
            yield return $"TensorSplit is {string.Join(", ", options.TensorSplit)}. Set it to a number for each device, none below 0 and one above it at least.";
        }
        if (options.MainDevice < 0)
        {
            yield return $"MainDevice is {options.MainDevice}. Set it to the number of a device, from 0.";
        }
        if (options.GpuLayers < -1)
        {
            yield return $"GpuLayers is {options.GpuLayers}. Set it to a number of layers, or to -1 for all.";
        }
        if (!Enum.IsDefined(options.Tokenizer))
        {
            yield return $"Tokenizer is {options.Tokenizer}. Set it to {string.Join(" or ", Enum.GetNames<TokenizerRule>().Select(name => name.ToLowerInvariant()))}.";
        }
        if (!string.IsNullOrWhiteSpace(options.ChatTemplate) && NamedTemplates.Mistake(options.ChatTemplate, missing) is { } mistake)
        {
            yield return $"ChatTemplate {mistake}";
        }
        for (int i = 0; i < options.Adapters.Count; i++)
        {
            if (!float.IsFinite(options.Adapters[i].Scale))
            {
                yield return $"Adapters:{i}:Scale is {options.Adapters[i].Scale}. Set it to a number.";
            }
        }
    }

    /// <exception cref="ConfigurationException">The options are invalid or have no path.</exception>
    public static void Check(ModelOptions options)
    {
        string? mistake = string.IsNullOrWhiteSpace(options.Path) ? "Path is empty. Set it to the path of a GGUF file." : Mistakes(options).FirstOrDefault();
        if (mistake is not null)
        {
            throw new ConfigurationException($"Loading a model: {mistake}");
        }
    }

    private static string Words<T>() where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        return $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }
}
