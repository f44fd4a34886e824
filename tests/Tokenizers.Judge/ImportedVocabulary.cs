using Engine.Gguf;
using Engine.HuggingFace.Files;
using Engine.HuggingFace.Vocabularies;

namespace Tokenizers.Judge;

/// <summary>A vocabulary-only GGUF from a tokenizer.json, as <c>engine import</c> writes vocabularies.</summary>
internal static class ImportedVocabulary
{
    /// <summary>Writes one.</summary>
    public static void Write(string tokenizerJson, string path)
    {
        // Alone in its folder, so that what is judged are the file's own rules.
        string folder = Directory.CreateDirectory($"{path}.folder").FullName;
        File.Copy(tokenizerJson, Path.Combine(folder, "tokenizer.json"));
        ModelFolder opened = ModelFolder.Open(folder);
        using FolderVocabulary vocabulary = FolderVocabulary.Read(opened, [])!;
        var writer = new GgufWriter();
        string architecture = vocabulary.Plan.Model == "bert" ? "bert" : "llama";
        writer.SetMetadata("general.architecture", architecture);
        // What llama.cpp wants of any model before it reads its vocabulary.
        foreach ((string key, uint value) in (ReadOnlySpan<(string, uint)>)[("context_length", 64), ("embedding_length", 64), ("block_count", 1), ("feed_forward_length", 64), ("attention.head_count", 2)])
        {
            writer.SetMetadata($"{architecture}.{key}", value);
        }
        writer.SetMetadata($"{architecture}.attention.{(architecture == "bert" ? "layer_norm_epsilon" : "layer_norm_rms_epsilon")}", 1e-5f);
        writer.SetMetadata("tokenizer.ggml.token_type_count", 2u);
        vocabulary.Plan.AddTo(writer, FolderSpecialTokenIds.Read(opened, vocabulary.Plan.Tokens));
        writer.Write(path);
    }
}
