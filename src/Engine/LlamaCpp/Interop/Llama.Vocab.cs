using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Vocabulary and tokenization. Ids out of range end the process (except <see cref="llama_vocab_is_eog"/>),
/// and so does any call on a model without a vocabulary. A special token the vocabulary lacks is -1.</summary>
internal static unsafe partial class Llama
{
    [LibraryImport(Library)]
    internal static partial llama_vocab_type llama_vocab_type(nint vocab);

    [LibraryImport(Library)]
    internal static partial int llama_vocab_n_tokens(nint vocab);

    /// <summary><c>const char *</c> that lives as long as the model.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_vocab_get_text(nint vocab, int token);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_vocab_is_eog(nint vocab, int token);

    [LibraryImport(Library)]
    internal static partial int llama_vocab_bos(nint vocab);

    [LibraryImport(Library)]
    internal static partial int llama_vocab_eos(nint vocab);

    [LibraryImport(Library)]
    internal static partial int llama_vocab_sep(nint vocab);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_vocab_get_add_bos(nint vocab);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_vocab_get_add_eos(nint vocab);

    /// <summary>The number of tokens; if they do not fit, the negated number there would be; int.MinValue on overflow.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_tokenize(
        nint vocab, byte* text, int text_len, int* tokens, int n_tokens_max,
        [MarshalAs(UnmanagedType.U1)] bool add_special, [MarshalAs(UnmanagedType.U1)] bool parse_special);

    /// <summary>The number of bytes; if they do not fit, the negated number. No terminating 0 is written.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_token_to_piece(
        nint vocab, int token, byte* buf, int length, int lstrip, [MarshalAs(UnmanagedType.U1)] bool special);
}
