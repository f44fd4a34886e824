using Engine;
using Engine.Chat;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>What a card says about a file's vocabulary, classes and templates: the same on the reference and on llama.cpp, which counts independently.</summary>
public sealed class CardTests : IDisposable
{
    private static readonly string[] Words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<|im_end|>"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files => ["llama", "llama with keys", "bert", "bert with keys", "bert without vocabulary", "t5"];

    [Theory, MemberData(nameof(Files))]
    public async Task Both_backends_give_the_same_card(string file)
    {
        string path = Write(file);
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        Assert.Equal((theirs.Card.HasVocabulary, theirs.Card.SplitsText), (ours.Card.HasVocabulary, ours.Card.SplitsText));
        Assert.Equal(theirs.Card.SpecialTokens.EndOfGeneration, ours.Card.SpecialTokens.EndOfGeneration);
        Assert.Equal(theirs.Card.SpecialTokens with { EndOfGeneration = [] }, ours.Card.SpecialTokens with { EndOfGeneration = [] });
        Assert.Equal(theirs.Card.Classes, ours.Card.Classes);
        Assert.Equal(theirs.Card.ClassLabels, ours.Card.ClassLabels);
        Assert.Equal(theirs.Card.ChatTemplates, ours.Card.ChatTemplates);
        Assert.Equal(
            (theirs.Card.Heads, theirs.Card.KeyValueHeads, theirs.Card.Experts, theirs.Card.ExpertsPerToken),
            (ours.Card.Heads, ours.Card.KeyValueHeads, ours.Card.Experts, ours.Card.ExpertsPerToken));
        Assert.Equal((4, file.StartsWith("llama", StringComparison.Ordinal) ? 2 : 4, 0), (ours.Card.Heads, ours.Card.KeyValueHeads, ours.Card.Experts));
        // Both sides use the same facts of the file; what a backend computes itself must agree with them.
        Assert.Equal(
            (theirs.Card.EmbeddingLength, theirs.Card.Layers, theirs.Card.TrainedContextLength, theirs.Card.DecoderStartToken, theirs.Card.VocabularySize),
            (ours.Card.EmbeddingLength, ours.Card.Layers, ours.Card.TrainedContextLength, ours.Card.DecoderStartToken, ours.Card.VocabularySize));
    }

    [Fact]
    public async Task Special_tokens_are_the_files_or_llama_cpps_defaults()
    {
        Assert.Equal(new SpecialTokenIds { BeginningOfSequence = 1, EndOfSequence = 2, Unknown = 0, Mask = 4 }, await SpecialAsync("llama"));
        Assert.Equal(
            new SpecialTokenIds { BeginningOfSequence = 5, EndOfSequence = 6, Unknown = 1, Separator = 3, Padding = 0, Classification = 2, Mask = 4 },
            await SpecialAsync("llama with keys"));
        Assert.Equal(new SpecialTokenIds { BeginningOfSequence = 2, Unknown = 1, Separator = 3, Classification = 2 }, await SpecialAsync("bert"));
        Assert.Equal(new SpecialTokenIds { BeginningOfSequence = 2, Unknown = 1, Separator = 3, Classification = 2, Padding = 7, Mask = 9 }, await SpecialAsync("bert with keys"));

        async Task<SpecialTokenIds> SpecialAsync(string file)
        {
            await using IModel model = await ReferenceModelFixture.LoadAsync(Write(file));
            return model.Card.SpecialTokens with { EndOfGeneration = new SpecialTokenIds().EndOfGeneration };
        }
    }

    [Fact]
    public async Task End_of_generation_lists_every_token_that_ends_one()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(Write("llama with keys"));
        Assert.Equal([0, 6, 7], model.Card.SpecialTokens.EndOfGeneration); // includes [PAD], as in llama.cpp
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(3, 3)]
    public async Task There_are_as_many_classes_as_scores_from_rank_pooling(int scores, int labels)
    {
        var bert = new RandomBert { Scores = scores == 0 ? null : scores, Labels = labels };
        string path = bert.Write(_folder.File("classes.gguf"));
        foreach (Task<IModel> load in new[] { ReferenceModelFixture.LoadAsync(path), ReferenceModelFixture.LoadNativeAsync(path, 0) })
        {
            await using IModel model = await load;
            Assert.Equal(scores, model.Card.Classes);
            Assert.Equal([.. Enumerable.Range(0, labels).Select(i => $"label {i}")], model.Card.ClassLabels);
            var request = new EmbedRequest { Inputs = [Prompt.FromTokens([2, 7, 3])], Pooling = Pooling.Rank };
            if (scores > 0)
            {
                Assert.Equal(scores, Assert.Single((await model.EmbedAsync(request)).Rows).Length);
            }
            else
            {
                await Assert.ThrowsAsync<UnsupportedRequestException>(() => model.EmbedAsync(request).AsTask());
            }
        }
    }

    [Fact]
    public async Task A_vocabulary_that_cannot_split_text_still_names_its_tokens()
    {
        var random = new RandomLlama
        {
            Tokenizer = "gpt2",
            Metadata = writer =>
            {
                writer.SetMetadata("tokenizer.ggml.pre", "unheard-of");
                writer.SetMetadata("tokenizer.ggml.merges", []);
            },
        };
        await using IModel model = await ReferenceModelFixture.LoadAsync(random.Write(_folder.File("ids.gguf")));
        Assert.Equal((true, false), (model.Card.HasVocabulary, model.Card.SplitsText));
        Assert.NotEmpty(model.Tokenizer.GetPiece(5));
    }

    [Fact]
    public async Task A_conversation_renders_the_same_from_the_loaded_model_and_from_its_file()
    {
        string path = Write("llama with keys");
        using GgufFile file = GgufFile.Open(path);
        var chat = new ChatTemplateInput { Messages = [new("user", "hi")] };
        foreach (Task<IModel> load in new[] { ReferenceModelFixture.LoadAsync(path), ReferenceModelFixture.LoadNativeAsync(path, 0) })
        {
            await using IModel model = await load;
            Assert.Equal("<s>hi</s>", ChatTemplate.FromModel(model)!.Render(chat).Text);
            Assert.Equal(ChatTemplate.FromMetadata(file.Metadata)!.Render(chat).Text, ChatTemplate.FromModel(model)!.Render(chat).Text);
            Assert.Equal("[SEP]tools", ChatTemplate.FromModel(model, "tool_use")!.Render(chat).Text);
            Assert.Null(ChatTemplate.FromModel(model, "rag"));
        }
    }

    private string Write(string name)
    {
        string path = _folder.File("model.gguf");
        return name switch
        {
            "llama" => new RandomLlama { Metadata = Vocabulary }.Write(path),
            "llama with keys" => new RandomLlama { Metadata = Keys }.Write(path),
            "bert" => new RandomBert { Scores = 1 }.Write(path),
            "bert with keys" => new RandomBert
            {
                Scores = 3,
                Labels = 3,
                Metadata = writer =>
                {
                    writer.SetMetadata("tokenizer.ggml.padding_token_id", 7u);
                    writer.SetMetadata("tokenizer.ggml.mask_token_id", 9u);
                },
            }.Write(path),
            "bert without vocabulary" => new RandomBert { Vocabulary = false }.Write(path),
            _ => new RandomT5().Write(path),
        };
    }

    private static void Vocabulary(GgufWriter writer) => writer.SetMetadata(
        "tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, 320).Select(id => id < Words.Length ? Words[id] : $"t{id}")]);

    private static void Keys(GgufWriter writer)
    {
        Vocabulary(writer);
        (string Name, uint Id)[] ids = [("padding", 0), ("unknown", 1), ("cls", 2), ("seperator", 3), ("mask", 4), ("bos", 5), ("eos", 6)];
        foreach ((string name, uint id) in ids)
        {
            writer.SetMetadata($"tokenizer.ggml.{name}_token_id", id);
        }
        writer.SetMetadata("tokenizer.chat_template", "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}");
        writer.SetMetadata("tokenizer.chat_template.tool_use", "{{ sep_token }}tools");
    }
}
