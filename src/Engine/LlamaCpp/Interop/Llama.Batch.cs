using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Decoding.</summary>
internal static unsafe partial class Llama
{
    [LibraryImport(Library)]
    internal static partial llama_batch llama_batch_init(int n_tokens, int embd, int n_seq_max);

    [LibraryImport(Library)]
    internal static partial void llama_batch_free(llama_batch batch);

    /// <summary>0 success, negative error. On a decoder-only model it ends the process.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_encode(ContextHandle ctx, llama_batch batch);

    /// <summary>0 success, 1 no room in the cache, 2 aborted, -1 invalid batch, below fatal. After 2 and below -1 the
    /// micro-batches that were done stay in the cache.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_decode(ContextHandle ctx, llama_batch batch);

    [LibraryImport(Library)]
    internal static partial void llama_synchronize(ContextHandle ctx);

    /// <summary>The row (V) of the batch's token <paramref name="i"/>, -1 the last; null if it has none.</summary>
    [LibraryImport(Library)]
    internal static partial float* llama_get_logits_ith(ContextHandle ctx, int i);

    /// <summary>Rows (outputs, d).</summary>
    [LibraryImport(Library)]
    internal static partial float* llama_get_embeddings(ContextHandle ctx);

    /// <summary>The row (d) of the batch's token <paramref name="i"/>. With pooling on it is not null but zeros.</summary>
    [LibraryImport(Library)]
    internal static partial float* llama_get_embeddings_ith(ContextHandle ctx, int i);

    /// <summary>The pooled row (d; with rank pooling, n_cls_out); null without pooling.</summary>
    [LibraryImport(Library)]
    internal static partial float* llama_get_embeddings_seq(ContextHandle ctx, int seq_id);
}
