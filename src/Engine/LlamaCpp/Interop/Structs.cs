using System.Runtime.CompilerServices;

// The structs below have C's layout: a bool is one byte, and nothing is converted.
[assembly: DisableRuntimeMarshalling]

namespace Engine.LlamaCpp.Interop;

// Field for field as in llama.h and ggml.h of v0.5.0. A test compares sizes and offsets with those of a C program.

internal struct llama_model_params
{
    /// <summary><c>ggml_backend_dev_t *</c>, ended by null; null takes all devices.</summary>
    public nint devices;
    public nint tensor_buft_overrides;
    public int n_gpu_layers;
    public llama_split_mode split_mode;
    public llama_load_mode load_mode;
    public llama_lazy_mode lazy_mode;
    public int main_gpu;
    public nint tensor_split;
    /// <summary>(part loaded, user data) → continue.</summary>
    public unsafe delegate* unmanaged[Cdecl]<float, nint, byte> progress_callback;
    public nint progress_callback_user_data;
    public nint kv_overrides;
    public bool vocab_only;
    public bool check_tensors;
    public bool use_extra_bufts;
    public bool no_host;
    public bool no_alloc;
    public bool load_mtp;
}

internal struct llama_context_params
{
    public uint n_ctx;
    public uint n_batch;
    public uint n_ubatch;
    public uint n_seq_max;
    public uint n_rs_seq;
    public uint n_outputs_max;
    public uint n_outputs_max_per_seq;
    public int n_threads;
    public int n_threads_batch;
    public llama_context_type ctx_type;
    public llama_rope_scaling_type rope_scaling_type;
    public llama_pooling_type pooling_type;
    public llama_attention_type attention_type;
    public llama_flash_attn_type flash_attn_type;
    public float rope_freq_base;
    public float rope_freq_scale;
    public float yarn_ext_factor;
    public float yarn_attn_factor;
    public float yarn_beta_fast;
    public float yarn_beta_slow;
    public uint yarn_orig_ctx;
    public float defrag_thold;
    /// <summary>(tensor, whether it asks, user data) → asked: wanted; not asked: continue.</summary>
    public unsafe delegate* unmanaged[Cdecl]<ggml_tensor*, byte, nint, byte> cb_eval;
    public nint cb_eval_user_data;
    public ggml_type type_k;
    public ggml_type type_v;
    /// <summary>(user data) → abort.</summary>
    public unsafe delegate* unmanaged[Cdecl]<nint, byte> abort_callback;
    public nint abort_callback_data;
    public bool embeddings;
    public bool offload_kqv;
    public bool no_perf;
    public bool op_offload;
    public bool swa_full;
    public bool kv_unified;
    public nint samplers;
    public nuint n_samplers;
    public nint ctx_other;
}

internal unsafe struct llama_batch
{
    public int n_tokens;
    public int* token;
    public float* embd;
    public int* pos;
    public int* n_seq_id;
    public int** seq_id;
    public sbyte* logits;
}

internal struct llama_model_imatrix_data
{
    /// <summary><c>const char *</c>; null after the last entry of an array.</summary>
    public nint name;
    /// <summary><c>const float *</c>.</summary>
    public nint data;
    public nuint size;
}

internal struct llama_model_quantize_params
{
    public int nthread;
    public llama_ftype ftype;
    public ggml_type output_tensor_type;
    public ggml_type token_embedding_type;
    public bool allow_requantize;
    public bool quantize_output_tensor;
    public bool only_copy;
    public bool pure;
    public bool keep_split;
    public bool dry_run;
    /// <summary>Entries up to one without a name; null for none.</summary>
    public unsafe llama_model_imatrix_data* imatrix;
    public nint kv_overrides;
    public nint tt_overrides;
    public nint prune_layers;
    public nuint max_buf_size;
}

internal unsafe struct ggml_type_traits
{
    public nint type_name;
    public long blck_size;
    public long blck_size_interleave;
    public nuint type_size;
    public bool is_quantized;
    /// <summary>Blocks, floats, number of elements; null for F32.</summary>
    public delegate* unmanaged[Cdecl]<void*, float*, long, void> to_float;
    public nint from_float_ref;
}

internal unsafe struct ggml_tensor
{
    public ggml_type type;
    public nint buffer;
    public fixed long ne[4];
    public fixed ulong nb[4];
    public int op;
    public fixed int op_params[16];
    public int flags;
    public src_array src;
    public ggml_tensor* view_src;
    public nuint view_offs;
    public void* data;
    public fixed byte name[64];
    public void* extra;
    public fixed byte padding[8];

    /// <summary><c>struct ggml_tensor * src[GGML_MAX_SRC]</c>.</summary>
    [InlineArray(10)]
    public struct src_array
    {
        private nint _first;
    }
}
