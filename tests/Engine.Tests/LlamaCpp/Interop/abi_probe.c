// Prints the layout that a C compiler gives to what Interop/Structs.cs and Interop/Enums.cs transcribe.
//   cc -I llama.cpp/include -I llama.cpp/ggml/include abi_probe.c -o abi_probe && ./abi_probe > abi.txt
// in a checkout of llama.cpp at the release that native/ pins. AbiTests.cs compares abi.txt with the C# types.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "llama.h"

#define SIZE(T) printf("struct " #T " %zu\n", sizeof(struct T))
#define FIELD(T, f) printf("field " #T "." #f " %zu %zu\n", offsetof(struct T, f), sizeof(((struct T *) 0)->f))
#define VALUE(E, prefix, c) printf("enum " #E "." #c " %d\n", (int) prefix##c)

int main(void) {
#define F(f) FIELD(llama_model_params, f);
    SIZE(llama_model_params);
    F(devices) F(tensor_buft_overrides) F(n_gpu_layers) F(split_mode) F(load_mode) F(lazy_mode) F(main_gpu) F(tensor_split)
    F(progress_callback) F(progress_callback_user_data) F(kv_overrides) F(vocab_only) F(check_tensors) F(use_extra_bufts)
    F(no_host) F(no_alloc) F(load_mtp)
#undef F
#define F(f) FIELD(llama_context_params, f);
    SIZE(llama_context_params);
    F(n_ctx) F(n_batch) F(n_ubatch) F(n_seq_max) F(n_rs_seq) F(n_outputs_max) F(n_outputs_max_per_seq) F(n_threads)
    F(n_threads_batch) F(ctx_type) F(rope_scaling_type) F(pooling_type) F(attention_type) F(flash_attn_type) F(rope_freq_base)
    F(rope_freq_scale) F(yarn_ext_factor) F(yarn_attn_factor) F(yarn_beta_fast) F(yarn_beta_slow) F(yarn_orig_ctx)
    F(defrag_thold) F(cb_eval) F(cb_eval_user_data) F(type_k) F(type_v) F(abort_callback) F(abort_callback_data) F(embeddings)
    F(offload_kqv) F(no_perf) F(op_offload) F(swa_full) F(kv_unified) F(samplers) F(n_samplers) F(ctx_other)
#undef F
#define F(f) FIELD(llama_batch, f);
    SIZE(llama_batch);
    F(n_tokens) F(token) F(embd) F(pos) F(n_seq_id) F(seq_id) F(logits)
#undef F
#define F(f) FIELD(llama_model_quantize_params, f);
    SIZE(llama_model_quantize_params);
    F(nthread) F(ftype) F(output_tensor_type) F(token_embedding_type) F(allow_requantize) F(quantize_output_tensor) F(only_copy)
    F(pure) F(keep_split) F(dry_run) F(imatrix) F(kv_overrides) F(tt_overrides) F(prune_layers) F(max_buf_size)
#undef F
#define F(f) FIELD(llama_model_imatrix_data, f);
    SIZE(llama_model_imatrix_data);
    F(name) F(data) F(size)
#undef F
#define F(f) FIELD(ggml_type_traits, f);
    SIZE(ggml_type_traits);
    F(type_name) F(blck_size) F(blck_size_interleave) F(type_size) F(is_quantized) F(to_float) F(from_float_ref)
#undef F
#define F(f) FIELD(ggml_tensor, f);
    SIZE(ggml_tensor);
    F(type) F(buffer) F(ne) F(nb) F(op) F(op_params) F(flags) F(src) F(view_src) F(view_offs) F(data) F(name) F(extra) F(padding)
#undef F
#define F(f) FIELD(ggml_threadpool_params, f);
    SIZE(ggml_threadpool_params);
    F(cpumask) F(n_threads) F(prio) F(poll) F(strict_cpu) F(paused)
#undef F

#define F(f) FIELD(statx, f);
    SIZE(statx);
    F(stx_mode) F(stx_ino) F(stx_dev_major) F(stx_dev_minor)
#undef F
#define F(f) FIELD(winsize, f);
    SIZE(winsize);
    F(ws_row) F(ws_col) F(ws_xpixel) F(ws_ypixel)
#undef F

#define V(c) VALUE(llama_vocab_type, LLAMA_VOCAB_TYPE_, c);
    V(NONE) V(SPM) V(BPE) V(WPM) V(UGM) V(RWKV) V(PLAMO2) V(TEST)
#undef V
#define V(c) VALUE(llama_ftype, LLAMA_FTYPE_, c);
    V(ALL_F32) V(MOSTLY_F16) V(MOSTLY_Q4_0) V(MOSTLY_Q4_1) V(MOSTLY_Q8_0) V(MOSTLY_Q5_0) V(MOSTLY_Q5_1) V(MOSTLY_Q2_K)
    V(MOSTLY_Q3_K_S) V(MOSTLY_Q3_K_M) V(MOSTLY_Q3_K_L) V(MOSTLY_Q4_K_S) V(MOSTLY_Q4_K_M) V(MOSTLY_Q5_K_S) V(MOSTLY_Q5_K_M)
    V(MOSTLY_Q6_K) V(MOSTLY_IQ2_XXS) V(MOSTLY_IQ2_XS) V(MOSTLY_Q2_K_S) V(MOSTLY_IQ3_XS) V(MOSTLY_IQ3_XXS) V(MOSTLY_IQ1_S)
    V(MOSTLY_IQ4_NL) V(MOSTLY_IQ3_S) V(MOSTLY_IQ3_M) V(MOSTLY_IQ2_S) V(MOSTLY_IQ2_M) V(MOSTLY_IQ4_XS) V(MOSTLY_IQ1_M)
    V(MOSTLY_BF16) V(MOSTLY_TQ1_0) V(MOSTLY_TQ2_0) V(MOSTLY_MXFP4_MOE) V(MOSTLY_NVFP4) V(MOSTLY_Q1_0) V(MOSTLY_Q2_0)
#undef V
#define V(c) VALUE(llama_rope_scaling_type, LLAMA_ROPE_SCALING_TYPE_, c);
    V(UNSPECIFIED) V(NONE) V(LINEAR) V(YARN) V(LONGROPE)
#undef V
#define V(c) VALUE(llama_pooling_type, LLAMA_POOLING_TYPE_, c);
    V(UNSPECIFIED) V(NONE) V(MEAN) V(CLS) V(LAST) V(RANK)
#undef V
#define V(c) VALUE(llama_attention_type, LLAMA_ATTENTION_TYPE_, c);
    V(UNSPECIFIED) V(CAUSAL) V(NON_CAUSAL)
#undef V
#define V(c) VALUE(llama_flash_attn_type, LLAMA_FLASH_ATTN_TYPE_, c);
    V(AUTO) V(DISABLED) V(ENABLED)
#undef V
#define V(c) VALUE(llama_split_mode, LLAMA_SPLIT_MODE_, c);
    V(NONE) V(LAYER) V(ROW) V(TENSOR)
#undef V
#define V(c) VALUE(llama_load_mode, LLAMA_LOAD_MODE_, c);
    V(AUTO) V(NONE) V(MMAP) V(MLOCK) V(MMAP_MLOCK) V(DIRECT_IO)
#undef V
#define V(c) VALUE(llama_lazy_mode, LLAMA_LAZY_MODE_, c);
    V(OFF) V(AUTO) V(ON)
#undef V
#define V(c) VALUE(llama_context_type, LLAMA_CONTEXT_TYPE_, c);
    V(DEFAULT) V(MTP)
#undef V
#define V(c) VALUE(ggml_type, GGML_TYPE_, c);
    V(F32) V(F16) V(Q8_0) V(I32) V(BF16) V(COUNT)
#undef V
#define V(c) VALUE(ggml_log_level, GGML_LOG_LEVEL_, c);
    V(NONE) V(DEBUG) V(INFO) V(WARN) V(ERROR) V(CONT)
#undef V
#define V(c) VALUE(ggml_backend_dev_type, GGML_BACKEND_DEVICE_TYPE_, c);
    V(CPU) V(GPU) V(IGPU) V(ACCEL) V(META)
#undef V
    return 0;
}
