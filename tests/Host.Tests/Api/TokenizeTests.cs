using System.Net;
using System.Text.Json;
using Engine.BuiltIn;
using ReferenceModels;

namespace Engine.Host.Tests.Api;

public sealed class TokenizeTests
{
    [Fact]
    public async Task A_text_becomes_ids_and_ids_the_text_again()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        ITokenizer tokenizer = ReferenceBackend.ReadTokenizer(BundledModels.Resolve("builtin:llama-stories"));
        const string Text = "Once upon a time";
        Assert.Equal(tokenizer.Encode(Text, addSpecial: false), Ids(await AskAsync(server, "/tokenize", new { content = Text })));
        Assert.Equal(tokenizer.Encode(Text), Ids(await AskAsync(server, "/tokenize", new { content = Text, add_special = true, model = "default" })));
        JsonElement back = await AskAsync(server, "/detokenize", new { tokens = tokenizer.Encode(Text) });
        Assert.Equal($$"""{"content":"{{Text}}"}""", back.GetRawText());
        Assert.Equal("""{"tokens":[]}""", (await AskAsync(server, "/tokenize", new { content = "" })).GetRawText());
    }

    [Fact]
    public async Task Special_tokens_in_a_text_are_read_unless_that_is_turned_off()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        ITokenizer tokenizer = ReferenceBackend.ReadTokenizer(BundledModels.Resolve("builtin:llama-stories"));
        string special = tokenizer.GetPiece(tokenizer.BeginningOfSequence!.Value);
        Assert.Equal([tokenizer.BeginningOfSequence!.Value], Ids(await AskAsync(server, "/tokenize", new { content = special })));
        Assert.True(Ids(await AskAsync(server, "/tokenize", new { content = special, parse_special = false })).Length > 1);
    }

    [Fact]
    public async Task Pieces_are_texts_or_bytes_if_they_are_not_characters()
    {
        await using TestServer server = await TestServer.StartModelAsync(TestData.Model("aidreams260K-f32.gguf"));
        JsonElement[] tokens = [.. (await AskAsync(server, "/tokenize", new { content = "a 😀", add_special = true, with_pieces = true })).GetProperty("tokens").EnumerateArray()];
        ITokenizer tokenizer = ReferenceBackend.ReadTokenizer(TestData.Model("aidreams260K-f32.gguf"));
        Assert.Equal(tokenizer.Encode("a 😀"), tokens.Select(token => token.GetProperty("id").GetInt32()));
        Assert.Equal("<s>", tokens[0].GetProperty("piece").GetString());
        byte[] bytes = [.. tokens[^4..].Select(token => token.GetProperty("piece")[0].GetByte())];
        Assert.Equal("😀"u8.ToArray(), bytes);
    }

    [Theory]
    [InlineData("/tokenize", """{}""", "content", "expected a text, found none")]
    [InlineData("/tokenize", """{"content": 1}""", "content", "expected a string, found 1")]
    [InlineData("/tokenize", """{"content": "a", "add_specials": true}""", "add_specials", "Did you mean 'add_special'?")]
    [InlineData("/detokenize", """{}""", "tokens", "expected token ids, found none")]
    [InlineData("/detokenize", """{"tokens": "a"}""", "tokens", "expected an array")]
    [InlineData("/detokenize", """{"tokens": [1, 1.5]}""", "tokens[1]", "expected a whole number, found 1.5")]
    [InlineData("/detokenize", """{"tokens": [-1]}""", null, "-1")]
    public async Task An_invalid_request_is_answered_400_with_a_message(string path, string body, string? param, string message)
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories");
        using HttpResponseMessage response = await server.PostAsync(body, path: path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }

    private static int[] Ids(JsonElement answer) => [.. answer.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())];

    private static async Task<JsonElement> AskAsync(TestServer server, string path, object body)
    {
        using HttpResponseMessage response = await server.PostAsync(JsonSerializer.Serialize(body), path: path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }
}
