using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Direct;

/// <summary>A vocabulary through the imports in Interop.</summary>
/// <param name="model">The loaded model.</param>
/// <param name="name">Its name, for messages.</param>
/// <param name="metadata">Its file's.</param>
/// <param name="throwIfFailed">Throws if the model has failed.</param>
internal sealed unsafe class LlamaCppTokenizer(ModelHandle model, string name, GgufMetadata metadata, Action throwIfFailed)
    : LlamaTokenizer(model, name, metadata, Traits(Llama.llama_model_get_vocab(model)), throwIfFailed)
{
    private readonly nint _vocabulary = Llama.llama_model_get_vocab(model);

    protected override int[] Split(byte[] utf8, bool addSpecial, bool parseSpecial)
    {
        int[] tokens = new int[utf8.Length + 8];
        int count = Fill(tokens);
        if (count < 0 && count != int.MinValue)
        {
            tokens = new int[-count];
            count = Fill(tokens);
        }
        return count >= 0 ? tokens[..count] : throw Refusal($"llama_tokenize returned {count}");

        int Fill(int[] room)
        {
            fixed (byte* text = utf8)
            fixed (int* first = room)
            {
                byte nothing = 0; // an empty array has no address, and std::string does not accept a null pointer
                return Llama.llama_tokenize(_vocabulary, text is null ? &nothing : text, utf8.Length, first, room.Length, addSpecial, parseSpecial);
            }
        }
    }

    protected override byte[] ReadBytes(int token)
    {
        byte[] bytes = new byte[64];
        int length = Fill();
        if (length < 0)
        {
            bytes = new byte[-length];
            length = Fill();
        }
        return bytes[..length];

        int Fill()
        {
            fixed (byte* first = bytes)
            {
                return Llama.llama_token_to_piece(_vocabulary, token, first, bytes.Length, 0, special: false);
            }
        }
    }

    protected override string ReadPiece(int token) => Marshal.PtrToStringUTF8(Llama.llama_vocab_get_text(_vocabulary, token)) ?? "";

    private static VocabularyTraits Traits(nint vocabulary) => new(
        Llama.llama_vocab_n_tokens(vocabulary), Id(Llama.llama_vocab_bos(vocabulary)), Id(Llama.llama_vocab_eos(vocabulary)))
    {
        Separator = Id(Llama.llama_vocab_sep(vocabulary)),
        IsWordPiece = Llama.llama_vocab_type(vocabulary) == llama_vocab_type.WPM,
        AddsBeginning = Llama.llama_vocab_get_add_bos(vocabulary),
        AddsEnd = Llama.llama_vocab_get_add_eos(vocabulary),
        Ends = token => Llama.llama_vocab_is_eog(vocabulary, token),
    };

    private static int? Id(int token) => token >= 0 ? token : null;
}
