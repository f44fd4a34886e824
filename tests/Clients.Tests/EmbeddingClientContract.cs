using System.Net.Http.Json;
using System.Text.Json;

namespace Clients.Tests;

/// <summary>The same for libraries that also embed.</summary>
public abstract class EmbeddingClientContract(ShippedModels models) : ClientContract(models)
{
    private readonly ShippedModels _models = models;

    [Fact]
    public async Task Embeddings_are_bit_for_bit_those_that_the_server_writes_as_numbers()
    {
        string[] texts = ["At noon, Ben was in the garden, reading a book.", "The king played with a ball in the garden at noon.", "In the garden, Ben read a book at noon."];
        await using IClient client = Connect(_models.Address);
        float[][] found = await client.EmbedAsync(ShippedModels.Facts, texts);
        using HttpResponseMessage response = await _models.Http.PostAsJsonAsync("/v1/embeddings", new { model = ShippedModels.Facts, input = texts, encoding_format = "float" });
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        float[][] expected = [.. answer.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle()).ToArray())];
        Assert.Equal(texts.Length, expected.Length);
        Assert.Equal(expected, found);
    }
}
