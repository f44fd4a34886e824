using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

/// <summary>Log-probabilities of given texts, against a float64 forward pass of NumPy alone (<c>tests/Golden/default-llama</c>) and against the
/// other backend.</summary>
public sealed class ScoreTests
{
    private const string Path = "/v1/score";

    [Theory]
    [InlineData("llama.cpp", 0)]
    [InlineData("llama.cpp", 5)]
    [InlineData("reference", 0)]
    [InlineData("reference", 5)]
    public async Task The_log_probabilities_are_the_golden_ones(string backend, int top)
    {
        await using TestServer server = await TestServer.StartModelAsync(DefaultModel.FindF32(), ("Engine:Models:default:Backend", backend));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(SharedFolder.Checkout, "tests", "Golden", "default-llama", "golden.json")));
        int judged = 0;
        foreach (JsonElement sequence in golden.RootElement.GetProperty("sequences").EnumerateArray().Where(sequence => sequence.GetProperty("tokens").GetArrayLength() > 1))
        {
            int[] tokens = [.. sequence.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())];
            JsonElement answer = await AskAsync(server, JsonSerializer.Serialize(new { input = tokens, numerics = "strict", top_logprobs = top }));
            Assert.Equal("strict", answer.GetProperty("numerics").GetString());
            JsonElement text = Assert.Single(answer.GetProperty("data").EnumerateArray());
            Assert.Equal(tokens, text.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()));
            Assert.Equal(tokens.Length, text.GetProperty("texts").GetArrayLength());
            double?[] logprobs = [.. text.GetProperty("logprobs").EnumerateArray().Select(number => number.ValueKind == JsonValueKind.Null ? (double?)null : number.GetDouble())];
            Assert.Equal(tokens.Length, logprobs.Length);
            Assert.Null(logprobs[0]);
            foreach (JsonElement row in sequence.GetProperty("logits").EnumerateArray())
            {
                int position = row.GetProperty("position").GetInt32();
                if (position + 1 == tokens.Length)
                {
                    continue;
                }
                double[] logits = [.. row.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];
                double sum = Math.Log(logits.Sum(Math.Exp)), scale = Math.Sqrt(logits.Average(value => value * value));
                Assert.Equal(logits[tokens[position + 1]] - sum, logprobs[position + 1]!.Value, 2 * scale * Agreement.Floats);
                if (top > 0)
                {
                    JsonElement[] most = [.. text.GetProperty("top_logprobs")[position + 1].EnumerateArray()];
                    Assert.Equal(top, most.Length);
                    Assert.Equal(logits.Max() - sum, most[0].GetProperty("logprob").GetDouble(), 2 * scale * Agreement.Floats);
                }
                judged++;
            }
            Assert.Equal(tokens.Length - 1, text.GetProperty("count").GetInt32());
            Assert.Equal(logprobs.Sum()!.Value, text.GetProperty("sum").GetDouble(), 1e-9);
            Assert.Equal(Math.Exp(-logprobs.Sum()!.Value / (tokens.Length - 1)), text.GetProperty("perplexity").GetDouble(), 1e-9);
            Assert.Equal(top > 0, text.TryGetProperty("top_logprobs", out _));
        }
        Assert.InRange(judged, 5, int.MaxValue);
    }

    [Fact]
    public async Task Several_texts_are_scored_each_by_itself_in_their_order()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        string[] texts = ["Once upon a time there was a dog.", "The cat was happy.", "dog happy the was Once."];
        JsonElement all = await AskAsync(server, JsonSerializer.Serialize(new { input = texts }));
        JsonElement[] data = [.. all.GetProperty("data").EnumerateArray()];
        Assert.Equal([0, 1, 2], data.Select(text => text.GetProperty("index").GetInt32()));
        Assert.True(data[2].GetProperty("perplexity").GetDouble() > data[0].GetProperty("perplexity").GetDouble());
        Assert.Equal(data.Sum(text => text.GetProperty("tokens").GetArrayLength()), all.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        for (int i = 0; i < texts.Length; i++)
        {
            JsonElement alone = (await AskAsync(server, JsonSerializer.Serialize(new { input = texts[i] }))).GetProperty("data")[0];
            Assert.Equal(data[i].GetProperty("tokens").GetRawText(), alone.GetProperty("tokens").GetRawText());
            Assert.Equal(alone.GetProperty("sum").GetDouble(), data[i].GetProperty("sum").GetDouble(), 1e-3);
        }
    }

    [Fact]
    public async Task A_text_as_long_as_the_context_is_scored_and_a_longer_one_refused()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories", ("Engine:Models:default:ContextLength", "300"));
        int[] ids = [.. Enumerable.Range(0, 301).Select(i => 300 + (i % 50))];
        JsonElement answer = await AskAsync(server, JsonSerializer.Serialize(new { input = ids[..300], top_logprobs = 1 }));
        Assert.Equal(299, answer.GetProperty("data")[0].GetProperty("count").GetInt32());
        using HttpResponseMessage response = await server.PostAsync(JsonSerializer.Serialize(new { input = ids }), path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("context_length_exceeded", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encoder_decoder_scores_what_it_answers_given_the_source()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:t5-translations");
        await using IModel judge = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = BundledModels.Resolve("builtin:t5-translations"), Backend = "reference" });
        const string Source = "the red dog sees the cat", Target = "the cat";
        int[] target = [judge.Card.DecoderStartToken!.Value, .. judge.Tokenizer.Encode(Target, addSpecial: false)];
        var expected = new List<double>();
        await foreach (ScoreBlock block in judge.ScoreAsync(new ScoreRequest
        {
            Tokens = Prompt.FromTokens(target),
            Source = Prompt.FromText(Source),
            Form = ScoreForm.TargetLogProbability,
        }))
        {
            expected.AddRange(block.TargetLogProbabilities!.Select(number => (double)number));
        }
        JsonElement text = (await AskAsync(server, JsonSerializer.Serialize(new { input = Target, source = Source, numerics = "strict" }))).GetProperty("data")[0];
        Assert.Equal(target, text.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()));
        double[] found = [.. text.GetProperty("logprobs").EnumerateArray().Skip(1).Select(number => number.GetDouble())];
        // llama.cpp keeps some of T5's products in 16 bits: a relative distance of the whole, as validate allows it.
        double distance = found.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(b => b * b);
        Assert.InRange(distance, 0, Agreement.EightBits);

        using HttpResponseMessage without = await server.PostAsync(JsonSerializer.Serialize(new { input = Target }), path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        Assert.Contains("Reading the field 'source': expected the text ", await without.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "input", "found 0")]
    [InlineData("""{"input": []}""", "input", "expected 1 to 2048 texts or lists of token ids, found 0")]
    [InlineData("""{"input": "a", "top_logprobs": 21}""", "top_logprobs", "expected a whole number from 0 to 20, found 21")]
    [InlineData("""{"input": "a", "numerics": "exact"}""", "numerics", "expected 'production' or 'strict', found 'exact'")]
    [InlineData("""{"input": ["a", "b", "c"], "source": ["a", "b"]}""", "source", "expected one for all inputs or one for each of the 3, found 2")]
    [InlineData("""{"input": "a", "top_logprob": 2}""", "top_logprob", "Did you mean 'top_logprobs'?")]
    [InlineData("""{"input": "a", "source": "b"}""", null, "has no encoder, the request has a source")]
    [InlineData("""{"input": [5]}""", null, "Send at least one more.")]
    [InlineData("""{"input": [5], "top_logprobs": 3}""", null, "Send at least one more.")]
    [InlineData("""{"input": [5, 99999]}""", null, "99999")]
    public async Task An_invalid_request_is_answered_400_with_a_message(string body, string? param, string message)
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task An_encoder_decoder_without_a_source_is_refused_by_the_field_that_is_missing()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:t5-translations");
        using HttpResponseMessage refused = await server.Client.PostAsync("/v1/score", new StringContent("""{"input": "a"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        JsonElement error = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal("source", error.GetProperty("param").GetString());
        Assert.StartsWith("Reading the field 'source': expected the text ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_numbers_than_memory_should_hold_are_refused()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        int[][] inputs = [.. Enumerable.Repeat(Enumerable.Repeat(300, 500).ToArray(), 200)];
        using HttpResponseMessage response = await server.PostAsync(JsonSerializer.Serialize(new { input = inputs, top_logprobs = 20 }), path: Path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("expected at most 1000000 log-probabilities in one answer, found 2100000", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AskAsync(TestServer server, string body)
    {
        using HttpResponseMessage response = await server.PostAsync(body, path: Path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }
}
