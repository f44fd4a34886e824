using System.Runtime.InteropServices;
using System.Text;
using Engine.Gguf;
using Engine.LlamaCpp.Runtime;

namespace Engine.LlamaCpp;

/// <summary>A model's vocabulary as llama.cpp implements it, whichever binding makes its calls.</summary>
/// <remarks>Ids are checked here, because native code ends the process on one that is out of range. Texts are split on a
/// separate thread (about 0.1 ms), so that a failure of llama.cpp there fails the call and not the process.</remarks>
internal abstract class LlamaTokenizer : ITokenizer
{
    private readonly SafeHandle _model;
    private readonly string _name;
    private readonly Action _throwIfFailed;
    private readonly VocabularyBytes? _encodable;
    private readonly TextStack _stack;
    private readonly bool _definesRequestedSpecials;
    private readonly bool[] _ends;
    private readonly byte[]?[] _bytes;

    /// <param name="model">The loaded model.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="metadata">Its file's.</param>
    /// <param name="vocabulary">What llama.cpp says of it.</param>
    /// <param name="throwIfFailed">Throws if the model has failed.</param>
    protected LlamaTokenizer(SafeHandle model, string name, GgufMetadata metadata, VocabularyTraits vocabulary, Action throwIfFailed)
    {
        (_model, _name, _throwIfFailed) = (model, name, throwIfFailed);
        (_encodable, _stack) = (VocabularyBytes.Read(metadata), new TextStack(metadata));
        (VocabularySize, BeginningOfSequence, EndOfSequence) = (vocabulary.Size, vocabulary.BeginningOfSequence, vocabulary.EndOfSequence);
        _definesRequestedSpecials = vocabulary.DefinesRequestedSpecials;
        _bytes = new byte[VocabularySize][];
        _ends = new bool[VocabularySize];
        for (int token = 0; token < _ends.Length; token++)
        {
            _ends[token] = vocabulary.Ends(token);
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
        if (addSpecial && !_definesRequestedSpecials)
        {
            throw new UnsupportedRequestException(
                $"Splitting text with {_name}: its metadata asks for special tokens around a text and names none. Split without special tokens, or convert the model again.");
        }
        _encodable?.Check(text);
        byte[] utf8 = Encoding.UTF8.GetBytes(text); // .NET writes U+FFFD for half a surrogate pair
        return GuardedThread.Run($"splitting text for {_name}", _stack.Bytes(_name, utf8.Length), Refusal, () => Use(() => Split(utf8, addSpecial, parseSpecial)))
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
        return Use(() => ReadPiece(token));
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

    protected NativeFailureException Refusal(string reason) => new(
        $"Splitting text with {_name}: llama.cpp failed unexpectedly: {reason}. Send token ids, or convert the model again.");

    /// <summary>The ids of a text.</summary>
    protected abstract int[] Split(byte[] utf8, bool addSpecial, bool parseSpecial);

    /// <summary>What a token stands for; the id is in the vocabulary.</summary>
    protected abstract byte[] ReadBytes(int token);

    /// <summary>A token's own text; the id is in the vocabulary.</summary>
    protected abstract string ReadPiece(int token);

    // Keeps the model from being freed meanwhile.
    private T Use<T>(Func<T> call)
    {
        bool referenced = false;
        try
        {
            _model.DangerousAddRef(ref referenced);
            return call();
        }
        catch (ObjectDisposedException) when (_model.IsClosed)
        {
            throw new ObjectDisposedException(nameof(IModel), $"The model {_name} is disposed.");
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
}
