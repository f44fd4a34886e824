namespace Engine.LlamaCpp.Interop;

// Names are llama.h's and ggml.h's; a member is the C constant without the prefix all of its enum share.
// Only the constants this binding passes or reads are listed.

internal enum llama_vocab_type
{
    NONE = 0,
    SPM = 1,
    BPE = 2,
    WPM = 3,
    UGM = 4,
    RWKV = 5,
    PLAMO2 = 6,
    TEST = 7,
}

internal enum llama_ftype
{
    ALL_F32 = 0,
    MOSTLY_F16 = 1,
    MOSTLY_Q4_0 = 2,
    MOSTLY_Q4_1 = 3,
    MOSTLY_Q8_0 = 7,
    MOSTLY_Q5_0 = 8,
    MOSTLY_Q5_1 = 9,
    MOSTLY_Q2_K = 10,
    MOSTLY_Q3_K_S = 11,
    MOSTLY_Q3_K_M = 12,
    MOSTLY_Q3_K_L = 13,
    MOSTLY_Q4_K_S = 14,
    MOSTLY_Q4_K_M = 15,
    MOSTLY_Q5_K_S = 16,
    MOSTLY_Q5_K_M = 17,
    MOSTLY_Q6_K = 18,
    MOSTLY_IQ2_XXS = 19,
    MOSTLY_IQ2_XS = 20,
    MOSTLY_Q2_K_S = 21,
    MOSTLY_IQ3_XS = 22,
    MOSTLY_IQ3_XXS = 23,
    MOSTLY_IQ1_S = 24,
    MOSTLY_IQ4_NL = 25,
    MOSTLY_IQ3_S = 26,
    MOSTLY_IQ3_M = 27,
    MOSTLY_IQ2_S = 28,
    MOSTLY_IQ2_M = 29,
    MOSTLY_IQ4_XS = 30,
    MOSTLY_IQ1_M = 31,
    MOSTLY_BF16 = 32,
    MOSTLY_TQ1_0 = 36,
    MOSTLY_TQ2_0 = 37,
    MOSTLY_MXFP4_MOE = 38,
    MOSTLY_NVFP4 = 39,
    MOSTLY_Q1_0 = 40,
    MOSTLY_Q2_0 = 41,
}

internal enum llama_rope_scaling_type
{
    UNSPECIFIED = -1,
    NONE = 0,
    LINEAR = 1,
    YARN = 2,
    LONGROPE = 3,
}

internal enum llama_pooling_type
{
    UNSPECIFIED = -1,
    NONE = 0,
    MEAN = 1,
    CLS = 2,
    LAST = 3,
    RANK = 4,
}

internal enum llama_attention_type
{
    UNSPECIFIED = -1,
    CAUSAL = 0,
    NON_CAUSAL = 1,
}

internal enum llama_flash_attn_type
{
    AUTO = -1,
    DISABLED = 0,
    ENABLED = 1,
}

internal enum llama_split_mode
{
    NONE = 0,
    LAYER = 1,
    ROW = 2,
    TENSOR = 3,
}

internal enum llama_load_mode
{
    AUTO = -1,
    NONE = 0,
    MMAP = 1,
    MLOCK = 2,
    MMAP_MLOCK = 3,
    DIRECT_IO = 4,
}

internal enum llama_lazy_mode
{
    OFF = 0,
    AUTO = 1,
    ON = 2,
}

internal enum llama_context_type
{
    DEFAULT = 0,
    MTP = 1,
}

internal enum ggml_type
{
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
    I32 = 26,
    BF16 = 30,
    COUNT = 43,
}

internal enum ggml_log_level
{
    NONE = 0,
    DEBUG = 1,
    INFO = 2,
    WARN = 3,
    ERROR = 4,
    CONT = 5,
}

internal enum ggml_backend_dev_type
{
    CPU = 0,
    GPU = 1,
    IGPU = 2,
    ACCEL = 3,
    META = 4,
}
