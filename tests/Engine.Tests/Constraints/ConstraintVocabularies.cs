using Engine.Constraints;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Constraints;

/// <summary>Real vocabularies, made ready for constraints once for all tests.</summary>
public sealed class ConstraintVocabularies
{
    private readonly Dictionary<string, (ITokenizer, ConstraintCompiler)> _ready = [];

    /// <summary>Llama 3's: 128,256 tokens, byte-level.</summary>
    internal (ITokenizer Tokenizer, ConstraintCompiler Compiler) Llama3 => Find("llama-bpe");

    /// <summary>Llama 2's: 32,000 tokens, SentencePiece, a token for each byte.</summary>
    internal (ITokenizer Tokenizer, ConstraintCompiler Compiler) Llama2 => Find("llama-spm");

    internal (ITokenizer Tokenizer, ConstraintCompiler Compiler) Find(string name)
    {
        lock (_ready)
        {
            if (!_ready.TryGetValue(name, out var found))
            {
                using GgufFile file = GgufFile.Open(TestData.Vocabulary($"ggml-vocab-{name}.gguf"));
                ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Native);
                _ready.Add(name, found = (tokenizer, new ConstraintCompiler(tokenizer, name)));
            }
            return found;
        }
    }
}
