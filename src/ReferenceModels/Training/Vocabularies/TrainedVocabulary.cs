using Engine.Gguf;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>A trained vocabulary in the form that a GGUF file stores (keys <c>tokenizer.ggml.*</c>).</summary>
public sealed class TrainedVocabulary
{
    internal const int Normal = 1;
    internal const int Unknown = 2;
    internal const int Control = 3;

    private readonly IReadOnlyList<(string Key, GgufValue Value)> _settings;

    internal TrainedVocabulary(
        VocabularyScheme scheme, IReadOnlyList<string> tokens, IReadOnlyList<int> types, IReadOnlyList<(string Key, GgufValue Value)> settings)
    {
        (Scheme, Tokens, Types, _settings) = (scheme, tokens, types, settings);
    }

    /// <summary>How it was trained.</summary>
    public VocabularyScheme Scheme { get; }

    /// <summary>The tokens' texts as the file stores them; a token's id is its index. (V).</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The tokens' kinds as GGUF numbers them: 1 normal, 2 unknown, 3 control. (V).</summary>
    public IReadOnlyList<int> Types { get; }

    /// <summary>Unigram: the tokens' log-probabilities, (V); null for the other schemes.</summary>
    public IReadOnlyList<float>? Scores { get; internal init; }

    /// <summary>Byte-level BPE: the merges in order, each two tokens separated by a space; null for the other schemes.</summary>
    public IReadOnlyList<string>? Merges { get; internal init; }

    /// <summary>Sets the vocabulary's keys in a file that is being written.</summary>
    public void AddTo(GgufWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.SetMetadata(GgufKeys.TokenizerModel, Scheme switch { VocabularyScheme.ByteLevelBpe => "gpt2", VocabularyScheme.WordPiece => "bert", _ => "t5" });
        writer.SetMetadata(GgufKeys.Tokens, Tokens);
        writer.SetMetadata(GgufKeys.TokenTypes, Types.ToArray());
        if (Scores is not null)
        {
            writer.SetMetadata(GgufKeys.Scores, Scores.ToArray());
        }
        if (Merges is not null)
        {
            writer.SetMetadata(GgufKeys.Merges, Merges);
        }
        foreach ((string key, GgufValue value) in _settings)
        {
            writer.SetMetadata(key, value);
        }
    }

    /// <summary>Writes a file that holds only the vocabulary.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The vocabulary's name (<c>general.name</c>).</param>
    public void Write(string path, string name)
    {
        var writer = new GgufWriter();
        string architecture = Scheme switch { VocabularyScheme.ByteLevelBpe => "gpt2", VocabularyScheme.WordPiece => "bert", _ => "t5" };
        writer.SetMetadata(GgufKeys.Architecture, architecture);
        writer.SetMetadata(GgufKeys.Name, name);
        // llama.cpp reads sizes even from a file without weights; these are placeholders.
        writer.SetMetadata(architecture + ".context_length", 512u);
        writer.SetMetadata(architecture + ".embedding_length", 64u);
        writer.SetMetadata(architecture + ".block_count", 1u);
        writer.SetMetadata(architecture + ".feed_forward_length", 64u);
        writer.SetMetadata(architecture + ".attention.head_count", 1u);
        writer.SetMetadata(architecture + (Scheme == VocabularyScheme.Unigram ? ".attention.layer_norm_rms_epsilon" : ".attention.layer_norm_epsilon"), 1e-5f);
        AddTo(writer);
        writer.Write(path);
    }
}
