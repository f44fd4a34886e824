namespace Engine.Gguf.Preflight;

/// <summary>Checks what individual families of architectures assert in their graphs (llama.cpp's src/models).</summary>
internal static class FamilyFacts
{
    /// <summary>Architectures whose keys and values must have the same size.</summary>
    public static readonly HashSet<string> EqualHeads =
    [
        "afmoe", "apertus", "arcee", "arctic", "baichuan", "bailingmoe2", "bert", "bitnet", "bloom", "chameleon", "chatglm", "codeshell",
        "cogvlm", "cohere2", "command-r", "dbrx", "deci", "deepseek", "dots1", "dream", "ernie4_5", "ernie4_5-moe", "eurobert", "exaone",
        "falcon", "gemma2", "gemma3", "glm4", "glm4moe", "gpt2", "gptneox", "granite", "granitemoe", "granitehybrid", "grok", "grovemoe", "hunyuan-moe",
        "hunyuan-dense", "internlm2", "jais", "jais2", "llada", "llada-moe", "llama", "llama4", "maincoder", "minimax-m2", "mistral3",
        "modern-bert", "mpt", "nemotron", "nemotron_h", "nemotron_h_moe", "neo-bert", "olmo", "olmo2", "olmoe", "openelm", "orion",
        "paddleocr", "pangu-embedded", "phi2", "phi3", "phimoe", "plamo", "qwen", "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen3moe",
        "qwen3next", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "refact", "rnd1", "seed_oss", "smallthinker", "smollm3", "stablelm",
        "starcoder", "starcoder2", "t5", "t5encoder", "xverse",
    ];

    /// <summary>Architectures that rotate whole heads, whose size must therefore be even.</summary>
    public static readonly HashSet<string> WholeRotation =
    [
        "apertus", "arcee", "arctic", "baichuan", "chameleon", "codeshell", "cogvlm", "dbrx", "deci", "deepseek", "dots1", "dream", "ernie4_5",
        "ernie4_5-moe", "exaone", "exaone4", "falcon", "granite", "granitemoe", "grok", "grovemoe", "hunyuan-moe", "hunyuan-dense", "internlm2",
        "jais2", "llada", "llada-moe", "llama", "llama4", "maincoder", "minimax-m2", "mistral3", "nemotron", "olmo", "olmo2", "olmoe", "orion",
        "paddleocr", "pangu-embedded", "plamo", "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen3moe", "qwen3vl", "qwen3vlmoe", "rnd1",
        "seed_oss", "smallthinker", "smollm3", "starcoder2", "xverse",
    ];

    /// <summary>Architectures that may rotate only a part of a head.</summary>
    public static readonly HashSet<string> PartialRotation = ["phi3", "gemma2", "gemma3"];

    /// <summary>Of the architectures that rotate whole heads, those that llama.cpp refuses if a file says otherwise; for the others, it asserts in the graph.</summary>
    public static readonly HashSet<string> LooksAtRotation = ["llama", "deci", "falcon"];

    /// <summary>Architectures whose queries are as wide as the residual stream, whatever the size of a head.</summary>
    public static readonly HashSet<string> SquareProjections = ["gpt2", "phi3", "qwen2"];

    private static readonly HashSet<string> ExpertsOnly = ["bailingmoe2", "glm4moe", "grovemoe", "llada-moe", "smallthinker"];

    private static readonly HashSet<string> TwiceAsWideState = ["jamba", "granitehybrid"];

    public static void Check(Hyperparameters numbers)
    {
        if (ExpertsOnly.Contains(numbers.Architecture) && (numbers.UInt32("expert_count") ?? 0) == 0)
        {
            throw numbers.Refuse("expert_count", "at least one expert", "none");
        }
        uint width = numbers.UInt32("embedding_length") ?? 0;
        if (TwiceAsWideState.Contains(numbers.Architecture) && numbers.UInt32("ssm.inner_size") is { } inner && inner != 2L * width)
        {
            throw numbers.Refuse("ssm.inner_size", $"twice the {width} of embedding_length", inner);
        }
        IReadOnlyList<long>? sections = numbers.PerLayer("rope.dimension_sections");
        if (sections?.All(length => length <= 0) ?? numbers.Architecture == "paddleocr")
        {
            throw numbers.Refuse("rope.dimension_sections", "at least one section that is rotated", "none");
        }
    }
}
