using System.Runtime.InteropServices;
using System.Text;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Engine.Tokenizers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Tests.Constraints.Grammars;

/// <summary>llama.cpp's own grammars over a small vocabulary: single characters of one to four bytes, and tokens of several.</summary>
public sealed unsafe class NativeGrammars : IDisposable
{
    private const string Characters = "\t\n\r éèüßЖжñ日本語ぁゟあ€中😀🎉𝒳";
    private static readonly string[] Words = ["ab", "12", "\":", "true", "[[", "]]", "日本", ", ", "()", "e4", "\"a", "\n\n", "1. ", "+1", "x=", "}}"];

    private readonly nint _library;
    private readonly ModelHandle _model;
    private readonly nint _vocabulary;

    public NativeGrammars()
    {
        _library = NativeLibrary.Load(LlamaLibrary.Load(null, NullLogger.Instance).Path);
        IEnumerable<string> texts = [.. Enumerable.Range(0x21, 0x7E - 0x20).Select(c => ((char)c).ToString()), .. Characters.EnumerateRunes().Select(rune => rune.ToString()), .. Words];
        string[] tokens = [.. texts.Select(Spell), "<end>"];
        var file = new GgufWriter();
        file.SetMetadata(GgufKeys.Architecture, "llama");
        file.SetMetadata(GgufKeys.TokenizerModel, "gpt2");
        file.SetMetadata(GgufKeys.TokenizerPre, "gpt-2");
        file.SetMetadata(GgufKeys.Tokens, tokens);
        file.SetMetadata(GgufKeys.TokenTypes, tokens.Select((_, id) => id == tokens.Length - 1 ? 3 : 1).ToArray());
        file.SetMetadata(GgufKeys.Merges, (string[])["a b"]);
        file.SetMetadata(GgufKeys.EosToken, (uint)(tokens.Length - 1));
        file.SetMetadata(GgufKeys.BosToken, (uint)(tokens.Length - 1));
        string path = Path.GetTempFileName();
        try
        {
            file.Write(path);
            using var read = GgufFile.Open(path);
            Tokenizer = FileTokenizer.Read(read.Metadata, "llama", TokenizerRule.Trained);
            llama_model_params parameters = Llama.llama_model_default_params();
            parameters.vocab_only = true;
            _model = Llama.llama_model_load_from_file(path, parameters);
            Assert.False(_model.IsInvalid);
        }
        finally
        {
            File.Delete(path);
        }
        _vocabulary = Llama.llama_model_get_vocab(_model);
        Assert.Equal(tokens.Length, Llama.llama_vocab_n_tokens(_vocabulary));
    }

    /// <summary>The same vocabulary for the engine.</summary>
    internal ITokenizer Tokenizer { get; }

    /// <summary>A grammar as llama.cpp reads it; null if it refuses to.</summary>
    internal Sampler? Read(string grammar)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(grammar + "\0"), root = "root\0"u8)
        {
            nint sampler = ((delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint>)NativeLibrary.GetExport(_library, "llama_sampler_init_grammar"))(_vocabulary, text, root);
            return sampler == 0 ? null : new Sampler(this, sampler);
        }
    }

    public void Dispose() => _model.Dispose();

    private static string Spell(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(ByteAlphabet.Character));

    /// <summary>One text under a grammar.</summary>
    internal sealed class Sampler(NativeGrammars owner, nint sampler) : IDisposable
    {
        private bool[] _allowed = [];

        /// <summary>For each token whether it may come next; the last one ends the text.</summary>
        public bool[] Allowed()
        {
            var tokens = new TokenData[owner.Tokenizer.VocabularySize];
            for (int i = 0; i < tokens.Length; i++)
            {
                tokens[i] = new TokenData { Id = i, Logit = 1 };
            }
            fixed (TokenData* data = tokens)
            {
                var array = new TokenArray { Data = (nint)data, Size = (nuint)tokens.Length, Selected = -1 };
                ((delegate* unmanaged[Cdecl]<nint, TokenArray*, void>)NativeLibrary.GetExport(owner._library, "llama_sampler_apply"))(sampler, &array);
            }
            return _allowed = [.. tokens.Select(token => !float.IsNegativeInfinity(token.Logit))];
        }

        /// <summary>Adds a token. llama.cpp ends the process on one that is not allowed.</summary>
        public void Accept(int token)
        {
            Assert.True(_allowed[token]);
            ((delegate* unmanaged[Cdecl]<nint, int, void>)NativeLibrary.GetExport(owner._library, "llama_sampler_accept"))(sampler, token);
            _allowed = [];
        }

        public void Dispose() => ((delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(owner._library, "llama_sampler_free"))(sampler);
    }

    // llama_token_data and llama_token_data_array of llama.h.
    private struct TokenData
    {
        public int Id;
        public float Logit;
        public float Probability;
    }

    private struct TokenArray
    {
        public nint Data;
        public nuint Size;
        public long Selected;
        public byte IsSorted;
    }
}
