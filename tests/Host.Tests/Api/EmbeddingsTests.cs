using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

/// <summary>Vectors of the encoder that comes with the engine, computed by llama.cpp, against the reference's.</summary>
public sealed class EmbeddingsTests
{
    private const string Path = "/v1/embeddings";

    private static readonly string[] Texts = ["The king played with a ball in the garden at noon.", "At noon, Ben was in the garden, reading a book.", "In the garden, Ben read a book at noon."];

    [Fact]
    public async Task The_vectors_are_the_models_of_length_1_in_the_order_of_the_inputs()
    {
        await using TestServer server = await StartAsync();
        JsonElement answer = await AskAsync(server, JsonSerializer.Serialize(new { model = "default", input = Texts, encoding_format = "float" }));
        Assert.Equal("list", answer.GetProperty("object").GetString());
        Assert.Equal("default", answer.GetProperty("model").GetString());
        JsonElement[] data = [.. answer.GetProperty("data").EnumerateArray()];
        Assert.Equal([0, 1, 2], data.Select(each => each.GetProperty("index").GetInt32()));
        Assert.All(data, each => Assert.Equal("embedding", each.GetProperty("object").GetString()));
        float[][] rows = [.. data.Select(each => Numbers(each.GetProperty("embedding")))];

        await using IModel judge = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = BundledModels.Resolve("builtin:bert-facts"), Backend = "reference" });
        Embeddings expected = await judge.EmbedAsync(new EmbedRequest { Inputs = [.. Texts.Select(Prompt.FromText)], Pooling = judge.Card.Pooling!.Value });
        float[][] unit = [.. expected.Rows.Select(row => Scaled(row))];
        Assert.InRange(Agreement.Nmse(rows, unit), 0, Agreement.EightBits);
        Assert.All(rows, row => Assert.Equal(1, Length(row), 5));
        Assert.True(Cosine(rows[1], rows[2]) > Cosine(rows[0], rows[1]) + 0.1);
        int tokens = Texts.Sum(text => judge.Tokenizer.Encode(text).Count);
        Assert.Equal($$"""{"prompt_tokens":{{tokens}},"total_tokens":{{tokens}}}""", answer.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Base64_is_the_bytes_of_the_same_floats()
    {
        await using TestServer server = await StartAsync();
        JsonElement plain = await AskAsync(server, JsonSerializer.Serialize(new { input = Texts[0] }));
        JsonElement encoded = await AskAsync(server, JsonSerializer.Serialize(new { input = Texts[0], encoding_format = "base64", user = "u" }));
        byte[] bytes = Convert.FromBase64String(encoded.GetProperty("data")[0].GetProperty("embedding").GetString()!);
        Assert.Equal(Numbers(plain.GetProperty("data")[0].GetProperty("embedding")), MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_of_all_scaled_to_length_1_again()
    {
        await using TestServer server = await StartAsync();
        float[] whole = Numbers((await AskAsync(server, JsonSerializer.Serialize(new { input = Texts[0], dimensions = 64 }))).GetProperty("data")[0].GetProperty("embedding"));
        float[] first = Numbers((await AskAsync(server, JsonSerializer.Serialize(new { input = Texts[0], dimensions = 5 }))).GetProperty("data")[0].GetProperty("embedding"));
        Assert.Equal(64, whole.Length);
        Assert.InRange(Agreement.OfRms(first, Scaled(whole[..5])), 0, Agreement.Floats);
    }

    [Fact]
    public async Task Token_ids_and_lists_of_them_are_inputs_as_texts_are()
    {
        await using TestServer server = await StartAsync();
        ITokenizer tokenizer = ReferenceBackend.ReadTokenizer(BundledModels.Resolve("builtin:bert-facts"));
        int[][] ids = [.. Texts.Select(text => tokenizer.Encode(text).ToArray())];
        float[][] texts = Rows(await AskAsync(server, JsonSerializer.Serialize(new { input = Texts })));
        float[][] lists = Rows(await AskAsync(server, JsonSerializer.Serialize(new { input = ids })));
        float[][] one = Rows(await AskAsync(server, JsonSerializer.Serialize(new { input = ids[1] })));
        Assert.InRange(Agreement.OfRms(lists, texts), 0, Agreement.Floats);
        Assert.InRange(Agreement.OfRms(Assert.Single(one), texts[1]), 0, Agreement.HalfGelu);
    }

    [Theory]
    [InlineData("""{}""", "input", "expected a text, token ids, or several of either, found none")]
    [InlineData("""{"input": []}""", "input", "expected 1 to 2048 texts, found 0")]
    [InlineData("""{"input": 1}""", "input", "found 1")]
    [InlineData("""{"input": ["a", 1]}""", "input", "expected strings alone or arrays of token ids alone")]
    [InlineData("""{"input": [999999]}""", null, "999999")]
    [InlineData("""{"input": "a", "encoding_format": "int8"}""", "encoding_format", "expected 'float' or 'base64', found 'int8'")]
    [InlineData("""{"input": "a", "dimensions": 0}""", "dimensions", "expected a whole number from 1 to 64, found 0")]
    [InlineData("""{"input": "a", "dimensions": 65}""", "dimensions", "expected a whole number from 1 to 64, found 65")]
    [InlineData("""{"input": "a", "dimension": 5}""", "dimension", "Did you mean 'dimensions'?")]
    public async Task An_invalid_request_is_answered_400_with_the_field(string body, string? param, string message)
    {
        await using TestServer server = await StartAsync();
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_inputs_than_OpenAI_takes_are_refused_before_they_cost_memory()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync(JsonSerializer.Serialize(new { input = Enumerable.Repeat("", 100_000) }), path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("expected 1 to 2048 texts, found 100000", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_does_not_embed_says_so()
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync("""{"input": "a"}""", path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("A script does not embed.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartModelAsync("builtin:bert-facts");

    private static async Task<JsonElement> AskAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private static float[][] Rows(JsonElement answer) => [.. answer.GetProperty("data").EnumerateArray().Select(each => Numbers(each.GetProperty("embedding")))];

    private static float[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetSingle())];

    private static float[] Scaled(float[] row) => [.. row.Select(value => (float)(value / Length(row)))];

    private static double Length(float[] row) => Math.Sqrt(row.Sum(value => (double)value * value));

    private static double Cosine(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum() / (Length(a) * Length(b));
}
