using System.Runtime.InteropServices;
using System.Text;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>A model's vocabulary as llama.cpp implements it.</summary>
/// <remarks>Ids are checked here, for native code ends the process on one that is out of range. Texts are split on a
/// thread of their own (about 0.1 ms), so that whatever llama.cpp meets there fails the call and not the process.</remarks>
internal sealed unsafe class LlamaCppTokenizer : ITokenizer
{
    private readonly ModelHandle _model;
    private readonly nint _vocabulary;
    private readonly string _name;
    private readonly Action _throwIfFailed;
    private readonly VocabularyBytes? _sayable;
    private readonly TextStack _stack;
    private readonly bool _hasItsSpecials;
    private readonly bool[] _ends;
    private readonly byte[]?[] _bytes;

    /// <param name="model">The loaded model.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="sayable">Which characters the vocabulary can say; null for any.</param>
    /// <param name="stack">How much of it a text needs.</param>
    /// <param name="throwIfFailed">Throws where the model is beyond use.</param>
    public LlamaCppTokenizer(ModelHandle model, string name, VocabularyBytes? sayable, TextStack stack, Action throwIfFailed)
    {
        (_model, _name, _sayable, _stack, _throwIfFailed) = (model, name, sayable, stack, throwIfFailed);
        _vocabulary = Llama.llama_model_get_vocab(model);
        VocabularySize = Llama.llama_vocab_n_tokens(_vocabulary);
        BeginningOfSequence = Id(Llama.llama_vocab_bos(_vocabulary));
        EndOfSequence = Id(Llama.llama_vocab_eos(_vocabulary));
        // llama_tokenize asserts these ids where the metadata asks for them.
        _hasItsSpecials = Llama.llama_vocab_type(_vocabulary) == llama_vocab_type.WPM
            ? BeginningOfSequence is not null && Id(Llama.llama_vocab_sep(_vocabulary)) is not null
            : (BeginningOfSequence is not null || !Llama.llama_vocab_get_add_bos(_vocabulary)) &&
              (EndOfSequence is not null || !Llama.llama_vocab_get_add_eos(_vocabulary));
        _bytes = new byte[VocabularySize][];
        _ends = new bool[VocabularySize];
        for (int token = 0; token < _ends.Length; token++)
        {
            _ends[token] = Llama.llama_vocab_is_eog(_vocabulary, token);
        }
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int? BeginningOfSequence { get; }

    /// <inheritdoc/>
    public int? EndOfSequence { get; }

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => (uint)token < (uint)_ends.Length && _ends[token];

    /// <inheritdoc/>
    public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        _throwIfFailed();
        if (addSpecial && !_hasItsSpecials)
        {
            throw new UnsupportedRequestException(
                $"Splitting text with {_name}: its metadata asks for special tokens around a text and names none. Split without special tokens, or convert the model again.");
        }
        _sayable?.Check(text);
        byte[] utf8 = Encoding.UTF8.GetBytes(text); // .NET puts U+FFFD for half of a surrogate pair
        return GuardedThread.Run($"splitting text for {_name}", _stack.Bytes(_name, utf8.Length), Refusal, () => Split(utf8, addSpecial, parseSpecial))
            .GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetBytes(int token)
    {
        Require(token);
        return _bytes[token] ??= Use(() => ReadBytes(token));
    }

    /// <inheritdoc/>
    public string GetPiece(int token)
    {
        Require(token);
        return Use(() => Marshal.PtrToStringUTF8(Llama.llama_vocab_get_text(_vocabulary, token)) ?? "");
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var bytes = new List<byte>();
        foreach (int token in tokens)
        {
            bytes.AddRange(GetBytes(token).Span);
        }
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes));
    }

    private int[] Split(byte[] utf8, bool addSpecial, bool parseSpecial) => Use(() =>
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
                byte nothing = 0; // an empty array has no address, and a null text is no text to std::string
                return Llama.llama_tokenize(_vocabulary, text is null ? &nothing : text, utf8.Length, first, room.Length, addSpecial, parseSpecial);
            }
        }
    });

    private byte[] ReadBytes(int token)
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

    // Keeps the model from being freed meanwhile; after its disposal this throws ObjectDisposedException.
    private T Use<T>(Func<T> call)
    {
        bool referenced = false;
        try
        {
            _model.DangerousAddRef(ref referenced);
            return call();
        }
        finally
        {
            if (referenced)
            {
                _model.DangerousRelease();
            }
        }
    }

    private void Require(int token)
    {
        if ((uint)token >= (uint)VocabularySize)
        {
            throw new TokenOutOfRangeException(token, VocabularySize);
        }
    }

    private NativeFailureException Refusal(string reason) => new(
        $"Splitting text with {_name}: llama.cpp failed in a way nothing foresaw: {reason}. Send token ids, or convert the model again.");

    private static int? Id(int token) => token >= 0 ? token : null;
}
