using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Engine.Remote.Protocol;
using Google.Protobuf;

namespace Engine.Remote.Server;

/// <summary>The vocabulary of a loaded model, as it is sent to clients.</summary>
internal sealed class LoadedVocabulary
{
    /// <summary>The number of tokens in a part.</summary>
    private const int PartTokens = 8192;

    private static readonly ConditionalWeakTable<ITokenizer, LoadedVocabulary> Known = [];

    private readonly ITokenizer _tokenizer;
    private readonly Lazy<ByteString> _fingerprint;

    private LoadedVocabulary(ITokenizer tokenizer) => (_tokenizer, _fingerprint) = (tokenizer, new Lazy<ByteString>(ComputeFingerprint));

    /// <summary>A hash: equal for equal tokens.</summary>
    public ByteString Fingerprint => _fingerprint.Value;

    public static LoadedVocabulary Of(ITokenizer tokenizer) => Known.GetValue(tokenizer, known => new LoadedVocabulary(known));

    /// <summary>All tokens in order.</summary>
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
            Append(_tokenizer.GetBytes(token).Span);
            Append(Encoding.UTF8.GetBytes(_tokenizer.GetPiece(token)));
        }
        return UnsafeByteOperations.UnsafeWrap(hash.GetHashAndReset());

        void Append(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
