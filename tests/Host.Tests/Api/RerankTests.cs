using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

public sealed class RerankTests : IDisposable
{
    private const string Path = "/v1/rerank";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_encoder_without_a_classifier_ranks_by_the_cosines_of_its_vectors()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:bert-facts");
        const string Query = "At noon, Ben was in the garden, reading a book.";
        string[] documents = ["The king played with a ball in the garden at noon.", "In the garden, Ben read a book at noon.", "Anna baked a cake in the kitchen in the evening."];
        JsonElement answer = await AskAsync(server, new { query = Query, documents, return_documents = true });

        await using IModel judge = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = BundledModels.Resolve("builtin:bert-facts"), Backend = "reference" });
        Embeddings vectors = await judge.EmbedAsync(new EmbedRequest { Inputs = [.. documents.Prepend(Query).Select(Prompt.FromText)], Pooling = Pooling.Mean, Normalize = true });
        double[] cosines = [.. vectors.Rows.Skip(1).Select(row => row.Zip(vectors.Rows[0], (a, b) => (double)a * b).Sum())];
        JsonElement[] results = [.. answer.GetProperty("results").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 3).OrderByDescending(i => cosines[i]), results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(1, results[0].GetProperty("index").GetInt32());
        // A cosine moves by as much as the vectors of length 1 do.
        Assert.All(results, result => Assert.Equal(cosines[result.GetProperty("index").GetInt32()], result.GetProperty("relevance_score").GetDouble(), Math.Sqrt(Agreement.EightBits)));
        Assert.All(results, result => Assert.Equal(documents[result.GetProperty("index").GetInt32()], result.GetProperty("document").GetProperty("text").GetString()));
        int tokens = vectors.TokenCounts.Sum();
        Assert.Equal($$"""{"prompt_tokens":{{tokens}},"total_tokens":{{tokens}}}""", answer.GetProperty("usage").GetRawText());
        Assert.Equal($$$"""{"tokens":{"input_tokens":{{{tokens}}}},"billed_units":{"search_units":1}}""", answer.GetProperty("meta").GetRawText());
    }

    [Fact]
    public async Task A_document_that_is_the_query_has_a_score_of_1_and_not_more()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:bert-facts");
        string[] texts = ["a", "Anna found a key.", "At noon, Ben was in the garden.", "The king played with a ball.", "the river", "a cake in the kitchen"];
        foreach (string text in texts)
        {
            JsonElement answer = await AskAsync(server, new { query = text, documents = new[] { text } });
            Assert.InRange(answer.GetProperty("results")[0].GetProperty("relevance_score").GetDouble(), 0.99999, 1);
        }
    }

    [Fact]
    public async Task An_encoder_with_a_classifier_of_one_score_ranks_by_it_reading_query_and_document_together()
    {
        // One segment, as in the rankers on XLM-R: then llama.cpp judges as well.
        string path = TinyFamilies.Bert(_folder.File("ranker.gguf"), segments: 1, scores: 1);
        string[] documents = ["the time", "once upon a time", "a b c d e f", "upon the time"];
        await using IModel judge = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Backend = "reference" });
        Embeddings scores = await judge.EmbedAsync(new EmbedRequest { Inputs = [.. documents.Select(document => Prompt.FromPair("once", document))], Pooling = Pooling.Rank });
        double[] expected = [.. scores.Rows.Select(row => 1 / (1 + Math.Exp(-row[0])))];
        await using TestServer server = await TestServer.StartModelAsync(path);
        JsonElement answer = await AskAsync(server, new { query = "once", documents = documents.Select(text => new { text }), top_n = 3 });
        JsonElement[] results = [.. answer.GetProperty("results").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 4).OrderByDescending(i => expected[i]).Take(3), results.Select(result => result.GetProperty("index").GetInt32()));
        // The slope of the logistic function is at most a quarter.
        double scale = Math.Sqrt(scores.Rows.Average(row => (double)row[0] * row[0]));
        Assert.All(results, result => Assert.Equal(expected[result.GetProperty("index").GetInt32()], result.GetProperty("relevance_score").GetDouble(), scale * Agreement.HalfGelu / 4));
        Assert.All(results, result => Assert.False(result.TryGetProperty("document", out _)));
        Assert.Equal(scores.TokenCounts.Sum(), answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task A_backend_that_cannot_tell_query_and_document_apart_says_so()
    {
        string path = TinyFamilies.Bert(_folder.File("segments.gguf"), segments: 2, scores: 1);
        const string Body = """{"query": "once", "documents": ["the time"]}""";
        await using TestServer server = await TestServer.StartModelAsync(path, ("Engine:Models:judge:Path", path), ("Engine:Models:judge:Backend", "reference"));
        Assert.Contains("expected a model that tells segments apart", await RefusalAsync(server, Body), StringComparison.Ordinal);
        using HttpResponseMessage response = await server.PostAsync(Body.Replace("{", """{"model": "judge", """, StringComparison.Ordinal), path: Path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_model_whose_file_says_that_it_ranks_ranks_and_does_not_embed()
    {
        await using TestServer server = await TestServer.StartModelAsync(TinyFamilies.Bert(_folder.File("ranks.gguf"), segments: 1, scores: 1, ranks: true));
        Assert.Equal(2, (await AskAsync(server, new { query = "once", documents = new[] { "the", "time" } })).GetProperty("results").GetArrayLength());
        using HttpResponseMessage response = await server.PostAsync("""{"input": "once"}""", path: "/v1/embeddings");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("its file says that it ranks (pooling_type)", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_classifier_of_other_classes_does_not_rank()
    {
        await using TestServer server = await TestServer.StartModelAsync(TinyFamilies.Bert(_folder.File("classes.gguf")));
        Assert.Contains("expected a classifier of one score, the relevance, found 3 (no, maybe, yes)", await RefusalAsync(server, """{"query": "a", "documents": ["b"]}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("builtin:llama-stories")]
    [InlineData("builtin:gpt2-moods")]
    public async Task A_decoder_does_not_rank(string model)
    {
        await using TestServer server = await TestServer.StartModelAsync(model);
        Assert.Contains("expected an encoder, found a decoder", await RefusalAsync(server, """{"query": "a", "documents": ["b"]}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"documents": ["a"]}""", "query", "expected a text, found none")]
    [InlineData("""{"query": "a"}""", "documents", "expected 1 to 2047 texts, found 0")]
    [InlineData("""{"query": "a", "documents": []}""", "documents", "expected 1 to 2047 texts, found 0")]
    [InlineData("""{"query": "a", "documents": ["a", null]}""", "documents[1]", "expected a text, or an object with a 'text', found null")]
    [InlineData("""{"query": "a", "documents": ["a", {"title": "b"}]}""", "documents[1]", "expected a text, or an object with a 'text', found {\"title\": \"b\"}")]
    [InlineData("""{"query": "a", "documents": ["a"], "top_n": 0}""", "top_n", "expected a whole number from 1")]
    [InlineData("""{"query": "a", "documents": ["a"], "return_document": true}""", "return_document", "Did you mean 'return_documents'?")]
    public async Task An_invalid_request_is_answered_400_with_the_field(string body, string param, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new ScriptedBackend());
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    private static async Task<string> RefusalAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("message").GetString()!;
    }

    private static async Task<JsonElement> AskAsync(TestServer server, object body)
    {
        using HttpResponseMessage response = await server.PostAsync(JsonSerializer.Serialize(body), path: Path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }
}
