using System.Globalization;

namespace Engine.Gguf.Preflight;

/// <summary>Checks sliding windows and soft caps of Gemma 2 and 3 for values with which llama.cpp would end the process or compute NaN.</summary>
internal static class WindowFacts
{
    private const string NoNumbers = "llama.cpp would answer with NaN: convert the model again.";

    public static void Check(Hyperparameters numbers)
    {
        if (!numbers.IsGemma)
        {
            return;
        }
        bool isSecond = numbers.Architecture == "gemma2";
        uint? window = numbers.UInt32("attention.sliding_window");
        if ((isSecond && window is 0) || window > int.MaxValue)
        {
            throw numbers.Refuse("attention.sliding_window", $"{(isSecond ? 1 : 0)} to {int.MaxValue:N0} positions", window!.Value, NoNumbers);
        }
        if (isSecond || window > 0)
        {
            CheckPattern(numbers);
        }
        CheckLocalSizes(numbers);
        CheckCap(numbers, "attn_logit_softcapping", mayBeNone: false, isUsed: isSecond);
        CheckCap(numbers, "final_logit_softcapping", mayBeNone: !isSecond, isUsed: true);
    }

    // llama.cpp makes a cache for the layers with a window, and asserts that there is at least one.
    private static void CheckPattern(Hyperparameters numbers)
    {
        const string key = "attention.sliding_window_pattern";
        IReadOnlyList<long>? given = numbers.PerLayer(key);
        uint layers = numbers.UInt32("block_count") ?? 0;
        bool any = given is null || (numbers.IsListed(key) ? given.Take((int)layers).Any(local => local != 0) : given[0] != 1);
        if (!any)
        {
            throw numbers.Refuse(key, "at least one layer that sees only a window", "none");
        }
    }

    // llama.cpp's graph uses the first layer's sizes for all layers.
    private static void CheckLocalSizes(Hyperparameters numbers)
    {
        foreach (string name in (string[])["attention.key_length", "attention.value_length", "rope.dimension_count"])
        {
            if (numbers.UInt32(name + "_swa") is { } local && local != (numbers.UInt32(name) ?? local + 1))
            {
                throw numbers.Refuse(name + "_swa", $"the same number as {name}", local, Hyperparameters.Plain);
            }
        }
    }

    private static void CheckCap(Hyperparameters numbers, string name, bool mayBeNone, bool isUsed)
    {
        if (isUsed && numbers.Float32(name) is { } cap && !(float.IsFinite(cap) && (cap > 0 || (mayBeNone && cap == 0))))
        {
            throw numbers.Refuse(name, mayBeNone ? "a positive number, or 0 for none" : "a positive number", cap.ToString(CultureInfo.InvariantCulture), cap < 0 ? Hyperparameters.Plain : NoNumbers);
        }
    }
}
