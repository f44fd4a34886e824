using System.Numerics.Tensors;
using Engine.BuiltIn;
using Engine.Chat;
using Engine.LlamaCpp.Direct;
using Engine.Tests.LlamaCpp;
using Engine.Tests.Serving;
using Microsoft.Extensions.AI;

namespace Engine.Tests.Chat;

[Collection(LoadedLibrary.Name)]
public sealed class ModelEmbeddingGeneratorTests
{
    private static readonly string[] Texts = ["Anna found a key in the garden.", "Tom lost a red ball.", "A key."];

    [Fact]
    public async Task Vectors_are_the_models_own_pooled_as_its_file_says()
    {
        await using IModel model = await LoadAsync();
        using var generator = new ModelEmbeddingGenerator(model);

        GeneratedEmbeddings<Embedding<float>> found = await generator.GenerateAsync(Texts);

        Embeddings own = await model.EmbedAsync(new EmbedRequest { Inputs = [.. Texts.Select(Prompt.FromText)], Pooling = model.Card.Pooling!.Value, Normalize = true });
        Assert.Equal(own.Rows, found.Select(embedding => embedding.Vector.ToArray()));
        Assert.Equal(own.TokenCounts.Sum(), found.Usage!.InputTokenCount);
        Assert.Equal(found.Usage.InputTokenCount, found.Usage.TotalTokenCount);
        Assert.All(found, embedding => Assert.Equal((model.Card.EmbeddingLength, model.Card.Name), (embedding.Dimensions, embedding.ModelId)));
        Assert.All(found, embedding => Assert.NotNull(embedding.CreatedAt));
        Assert.Equal(own.Rows[0], (await generator.GenerateVectorAsync(Texts[0])).ToArray());
        Assert.Empty(await generator.GenerateAsync([]));
    }

    [Fact]
    public async Task Dimensions_are_the_first_ones_and_get_their_length_after()
    {
        await using IModel model = await LoadAsync();
        using var generator = new ModelEmbeddingGenerator(model);
        float[] whole = (await generator.GenerateVectorAsync(Texts[0], Options(false, null))).ToArray();
        EmbeddingGenerationOptions Options(bool normalize, int? dimensions) => new()
        {
            Dimensions = dimensions,
            RawRepresentationFactory = _ => new EmbedRequest { Inputs = [], Normalize = normalize, Pooling = Pooling.Mean },
        };

        Assert.NotEqual(1, TensorPrimitives.Norm<float>(whole), 0.1f);
        Assert.Equal(whole[..8], (await generator.GenerateVectorAsync(Texts[0], Options(false, 8))).ToArray());
        Assert.Equal(whole, (await generator.GenerateVectorAsync(Texts[0], Options(false, whole.Length))).ToArray());
        foreach (int? dimensions in new int?[] { null, 8, whole.Length })
        {
            float[] unit = (await generator.GenerateVectorAsync(Texts[0], new() { Dimensions = dimensions })).ToArray();
            Assert.Equal(unit, (await generator.GenerateVectorAsync(Texts[0], Options(true, dimensions))).ToArray());
            Assert.Equal(dimensions ?? whole.Length, unit.Length);
            // Floats of a length that was divided by itself: a rounding for each of at most 128 squares and the division.
            Assert.Equal(1, TensorPrimitives.Norm<float>(unit), 1e-5f);
            Assert.Equal(1, TensorPrimitives.CosineSimilarity<float>(unit, whole.AsSpan(0, unit.Length)), 1e-5f);
        }
    }

    [Fact]
    public async Task Invalid_requests_are_refused()
    {
        await using IModel model = await LoadAsync();
        using var generator = new ModelEmbeddingGenerator(model);
        int d = model.Card.EmbeddingLength;
        Assert.Contains($"expected Dimensions from 1 to {d}, found {d + 1}", (await Assert.ThrowsAsync<InvalidRequestException>(() => generator.GenerateAsync(Texts, new() { Dimensions = d + 1 }))).Message, StringComparison.Ordinal);
        Assert.Contains("number 1 is null", (await Assert.ThrowsAsync<InvalidRequestException>(() => generator.GenerateAsync(["a", null!]))).Message, StringComparison.Ordinal);
        Assert.Contains("the model 'other'", (await Assert.ThrowsAsync<InvalidRequestException>(() => generator.GenerateAsync(Texts, new() { ModelId = "other" }))).Message, StringComparison.Ordinal);
        Assert.Contains("found Rank", (await Assert.ThrowsAsync<UnsupportedRequestException>(
            () => generator.GenerateAsync(Texts, new() { RawRepresentationFactory = _ => new EmbedRequest { Inputs = [], Pooling = Pooling.Rank } }))).Message, StringComparison.Ordinal);
        Assert.Contains("found a String", (await Assert.ThrowsAsync<InvalidRequestException>(() => generator.GenerateAsync(Texts, new() { RawRepresentationFactory = _ => "x" }))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => generator.GenerateAsync([string.Concat(Enumerable.Repeat("key ", 2000))]));
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(Texts, cancellationToken: stopped.Token));
    }

    [Fact]
    public async Task Rows_that_a_file_leaves_apart_are_averaged()
    {
        var scripted = new ScriptedModel();
        await using var model = new Engine.Serving.ServedModel(new ScriptedModel { Card = scripted.Card with { Pooling = Pooling.None } }, new());
        Assert.Equal(3, (await new ModelEmbeddingGenerator(model).GenerateVectorAsync("ab")).Length);
    }

    [Fact]
    public async Task Services_are_found_by_type()
    {
        await using IModel model = await LoadAsync();
        using var generator = new ModelEmbeddingGenerator(model);
        var data = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("engine", model.Card.Name, model.Card.EmbeddingLength), (data.ProviderName, data.DefaultModelId, data.DefaultModelDimensions!.Value));
        Assert.Same(model, generator.GetService<IModel>());
        Assert.Same(model.Tokenizer, generator.GetService<ITokenizer>());
        Assert.Null(generator.GetService(typeof(IModel), "key"));
    }

    private static ValueTask<IModel> LoadAsync() => new LlamaCppBackend().LoadAsync(new() { Path = BundledModels.Resolve("builtin:bert-facts") });
}
