using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

/// <summary>Completions that begin with their prompts.</summary>
public sealed class EchoTests
{
    [Fact]
    public async Task The_answer_begins_with_the_prompt_and_costs_no_tokens_more()
    {
        await using TestServer server = await StartAsync();
        JsonElement plain = await server.CompleteAsync("""{"prompt": ["Once upon a time", "The cat"], "max_tokens": 4, "temperature": 0}""");
        JsonElement echoed = await server.CompleteAsync("""{"prompt": ["Once upon a time", "The cat"], "max_tokens": 4, "temperature": 0, "echo": true}""");
        Assert.Equal(
            plain.GetProperty("choices").EnumerateArray().Zip(["Once upon a time", "The cat"], (choice, prompt) => prompt + choice.GetProperty("text").GetString()),
            echoed.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()));
        Assert.Equal(plain.GetProperty("usage").GetProperty("total_tokens").GetInt32(), echoed.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    /// <summary>A vocabulary of bytes, and one of SentencePiece, whose first token brings a blank that the text has not.</summary>
    public static TheoryData<string, int> Models => new()
    {
        { DefaultModel.FindF32(), 0 },
        { DefaultModel.FindF32(), 3 },
        { TestData.Model("aidreams260K-f32.gguf"), 0 },
        { TestData.Model("aidreams260K-f32.gguf"), 3 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Log_probabilities_are_those_of_the_prompt_first_whose_first_token_has_none(string model, int maxTokens)
    {
        await using TestServer server = await TestServer.StartModelAsync(model);
        const string Text = "Once upon a time, the dog was 😀.";
        JsonElement answer = await server.CompleteAsync(JsonSerializer.Serialize(new { prompt = Text, max_tokens = maxTokens, temperature = 0, echo = true, logprobs = 2 }));
        JsonElement choice = answer.GetProperty("choices")[0], logprobs = choice.GetProperty("logprobs");
        await using IModel judge = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = model, Backend = "reference" });
        IReadOnlyList<int> ids = judge.Tokenizer.Encode(Text);
        int count = ids.Count + maxTokens;
        Assert.Equal(ids.Select(judge.Tokenizer.GetPiece), logprobs.GetProperty("tokens").EnumerateArray().Take(ids.Count).Select(token => token.GetString()!));
        Assert.All(new[] { "tokens", "token_logprobs", "top_logprobs", "text_offset" }, name => Assert.Equal(count, logprobs.GetProperty(name).GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, logprobs.GetProperty("token_logprobs")[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, logprobs.GetProperty("top_logprobs")[0].ValueKind);
        var expected = new List<float>();
        await foreach (ScoreBlock block in judge.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromTokens(ids), Form = ScoreForm.TargetLogProbability }))
        {
            expected.AddRange(block.TargetLogProbabilities!);
        }
        // Keys and values in 16 bits on the one side.
        Assert.All(expected.Index(), each => Assert.Equal(each.Item, logprobs.GetProperty("token_logprobs")[each.Index + 1].GetSingle(), 0.05f));
        // Each offset is where the token's text stands in the answer.
        string text = choice.GetProperty("text").GetString()!;
        Assert.StartsWith(Text, text, StringComparison.Ordinal);
        int[] offsets = [.. logprobs.GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32())];
        Assert.Equal(offsets.Order(), offsets);
        int the = logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!).ToList().FindIndex(token => token.EndsWith("the", StringComparison.Ordinal));
        Assert.Equal(Text.IndexOf(" the", StringComparison.Ordinal), offsets[the]);
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(maxTokens, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(ids.Count, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Theory]
    [InlineData("0", "null")]
    [InlineData("0", "1")]
    [InlineData("3", "null")]
    [InlineData("3", "1")]
    public async Task A_stream_reports_the_same(string maxTokens, string logprobs)
    {
        await using TestServer server = await StartAsync();
        string body = $$"""{"prompt": "Once upon a time", "max_tokens": {{maxTokens}}, "temperature": 0, "echo": true, "logprobs": {{logprobs}}, "stream": false}""";
        JsonElement whole = (await server.CompleteAsync(body)).GetProperty("choices")[0];
        string[] events = await server.StreamAsync(body.Replace("false", "true", StringComparison.Ordinal));
        JsonElement[] choices = [.. events[..^1].Select(chunk => JsonElement.Parse(chunk).GetProperty("choices")[0])];
        Assert.Equal(whole.GetProperty("text").GetString(), string.Concat(choices.Select(choice => choice.GetProperty("text").GetString())));
        Assert.Equal("length", choices[^1].GetProperty("finish_reason").GetString());
        if (logprobs != "null")
        {
            Assert.Equal(
                whole.GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32()),
                choices.SelectMany(choice => choice.GetProperty("logprobs").GetProperty("text_offset").EnumerateArray()).Select(offset => offset.GetInt32()));
        }
    }

    [Fact]
    public async Task Token_ids_are_echoed_as_their_text()
    {
        await using TestServer server = await StartAsync();
        ITokenizer tokenizer = ReferenceBackend.ReadTokenizer(DefaultModel.FindF32());
        JsonElement answer = await server.CompleteAsync(JsonSerializer.Serialize(new { prompt = tokenizer.Encode("Once upon"), max_tokens = 0, echo = true, logprobs = 0 }));
        Assert.Equal("Once upon", answer.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task An_encoder_decoder_echoes_nothing()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:t5-translations");
        using HttpResponseMessage response = await server.PostAsync("""{"prompt": "a", "echo": true}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("is an encoder–decoder, whose answers do not continue their prompts", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartModelAsync(DefaultModel.FindF32());
}
