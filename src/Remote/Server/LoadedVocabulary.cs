using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Engine.Remote.Protocol;
using Google.Protobuf;

namespace Engine.Remote.Server;

/// <summary>What clients are told of one loading of a model: a name for it, and its vocabulary.</summary>
internal sealed class LoadedVocabulary
{
    /// <summary>Tokens in a part.</summary>
    private const int PartTokens = 8192;

    private static readonly ConditionalWeakTable<ITokenizer, LoadedVocabulary> Known = [];

    private readonly ITokenizer _tokenizer;
    private readonly Lazy<ByteString> _fingerprint;

    private LoadedVocabulary(ITokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _fingerprint = new Lazy<ByteString>(ComputeFingerprint);
    }

    /// <summary>Another one for each loading.</summary>
    public string Instance { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The same for the same vocabulary.</summary>
    public ByteString Fingerprint => _fingerprint.Value;

    /// <summary>That of a loaded model: each loading has a tokenizer of its own.</summary>
    public static LoadedVocabulary Of(IModel model) => Known.GetValue(model.Tokenizer, tokenizer => new LoadedVocabulary(tokenizer));

    /// <summary>All tokens in their order.</summary>
    public IEnumerable<VocabularyPart> Parts()
    {
        for (int start = 0; start < _tokenizer.VocabularySize; start += PartTokens)
        {
            var part = new VocabularyPart();
            for (int token = start; token < Math.Min(_tokenizer.VocabularySize, start + PartTokens); token++)
            {
                part.TokenBytes.Add(UnsafeByteOperations.UnsafeWrap(_tokenizer.GetBytes(token)));
                part.Pieces.Add(_tokenizer.GetPiece(token));
            }
            yield return part;
        }
    }

    public IEnumerable<int> EndOfGeneration() => Enumerable.Range(0, _tokenizer.VocabularySize).Where(_tokenizer.IsEndOfGeneration);

    private ByteString ComputeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int token = 0; token < _tokenizer.VocabularySize; token++)
        {
            ReadOnlyMemory<byte> bytes = _tokenizer.GetBytes(token);
            byte[] piece = Encoding.UTF8.GetBytes(_tokenizer.GetPiece(token));
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes.Span);
            hash.AppendData(BitConverter.GetBytes(piece.Length));
            hash.AppendData(piece);
        }
        return UnsafeByteOperations.UnsafeWrap(hash.GetHashAndReset());
    }
}
