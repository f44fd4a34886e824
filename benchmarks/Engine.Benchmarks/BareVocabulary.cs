using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Benchmarks;

/// <summary>llama.cpp's tokenizer with nothing around it.</summary>
internal sealed unsafe class BareVocabulary : IDisposable
{
    private readonly ModelHandle _model;
    private readonly nint _vocabulary;
    private int[] _tokens = new int[1 << 16];

    public BareVocabulary(string path)
    {
        LlamaLibrary.Load(libraryPath: null, NullLogger.Instance);
        llama_model_params parameters = Llama.llama_model_default_params();
        parameters.vocab_only = true;
        _model = Llama.llama_model_load_from_file(path, parameters);
        if (_model.IsInvalid)
        {
            throw new ModelFileException($"llama.cpp cannot load the vocabulary of {path}.");
        }
        _vocabulary = Llama.llama_model_get_vocab(_model);
    }

    public ReadOnlySpan<int> Encode(byte[] utf8)
    {
        int count = Fill(utf8);
        if (count < 0)
        {
            _tokens = new int[-count];
            count = Fill(utf8);
        }
        return _tokens.AsSpan(0, count);
    }

    public void Dispose() => _model.Dispose();

    private int Fill(byte[] utf8)
    {
        fixed (byte* text = utf8)
        fixed (int* tokens = _tokens)
        {
            return Llama.llama_tokenize(_vocabulary, text, utf8.Length, tokens, _tokens.Length, add_special: false, parse_special: false);
        }
    }
}
