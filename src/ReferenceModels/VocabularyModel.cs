using Engine;
using Engine.Gguf;
using Engine.Serving;
using Engine.Tokenizers;
using Microsoft.Extensions.Logging;

namespace ReferenceModels;

/// <summary>A file's vocabulary without weights, of any architecture: it splits text and computes nothing.</summary>
internal sealed class VocabularyModel : ILoadedModel
{
    private VocabularyModel(ModelCard card, ITokenizer tokenizer) => (Card, Tokenizer) = (card, tokenizer);

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <summary>Reads a file's vocabulary and closes the file.</summary>
    /// <param name="file">The file, already checked for hostile content; this call takes ownership of it.</param>
    /// <param name="rule">The rule by which texts are split.</param>
    /// <param name="logger">Receives warnings about a text's tokens.</param>
    /// <exception cref="ModelFileException">The vocabulary's keys contradict each other.</exception>
    public static VocabularyModel Read(GgufFile file, TokenizerRule rule, ILogger? logger = null)
    {
        using (file)
        {
            string architecture = file.Metadata.RequireString(GgufKeys.Architecture);
            ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, architecture, rule, logger);
            var facts = new ModelFacts(file, vocabularyOnly: true);
            ModelCard card = facts.ToCard(ReferenceBackend.BackendName, "cpu", tokenizer.VocabularySize, facts.TrainedContextLength);
            return new VocabularyModel(VocabularyCard.Describe(card, file.Metadata, tokenizer), tokenizer);
        }
    }

    /// <summary>Always throws: there is nothing to compute with.</summary>
    public IPass OpenPass(PassKind kind) => throw Nothing();

    /// <inheritdoc/>
    public void Dispose()
    {
        // The file is already closed.
    }

    private UnsupportedRequestException Nothing() =>
        new($"Running {Card.Name}: only its vocabulary is loaded. Load the model with its weights.");
}
