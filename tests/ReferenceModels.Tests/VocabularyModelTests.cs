using Engine;

namespace ReferenceModels.Tests;

public sealed class VocabularyModelTests
{
    [Fact]
    public async Task A_file_without_weights_splits_text_and_refuses_the_rest()
    {
        await using IModel model = await new ReferenceBackend().LoadAsync(
            new ModelOptions { Path = TestData.Vocabulary("ggml-vocab-bert-bge.gguf"), Backend = ReferenceBackend.BackendName });
        Assert.Equal([101, 7592, 102], model.Tokenizer.Encode("Hello"));
        Assert.Equal(ModelCapabilities.None, model.Card.Capabilities);
        var refusal = await Assert.ThrowsAsync<UnsupportedRequestException>(async () =>
            await model.EmbedAsync(new EmbedRequest { Inputs = [Prompt.FromText("Hello")] }, CancellationToken.None));
        Assert.Contains("embed text", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_backends_can_load_only_the_vocabulary_of_a_file_with_weights()
    {
        var options = new ModelOptions { Path = TestData.Model("aidreams260K-f32.gguf"), VocabularyOnly = true };
        await using IModel managed = await new ReferenceBackend().LoadAsync(options);
        await using IModel native = await new Engine.LlamaCpp.Direct.LlamaCppBackend().LoadAsync(options);
        Assert.Equal(native.Tokenizer.Encode("Once upon a time"), managed.Tokenizer.Encode("Once upon a time"));
        Assert.Equal((ModelCapabilities.None, ModelCapabilities.None), (native.Card.Capabilities, managed.Card.Capabilities));
    }
}
