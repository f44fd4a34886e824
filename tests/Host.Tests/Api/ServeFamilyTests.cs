using System.Text.Json;

namespace Engine.Host.Tests.Api;

/// <summary>Completions of an encoder–decoder and of an encoder, served beside each other.</summary>
public sealed class ServeFamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_encoder_decoder_completes_its_source_and_an_encoder_refuses()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--model", TinyFamilies.T5(_folder.File("t5.gguf"))],
            ("Engine__Models__embedder__Path", TinyFamilies.Bert(_folder.File("bert.gguf"))));
        const string Body = """{"model": "default", "prompt": "once upon a time", "max_tokens": 8, "temperature": 0}""";
        JsonElement first = await serve.CompleteAsync(Body);
        Assert.Equal(6, first.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.InRange(first.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 8);
        JsonElement again = await serve.CompleteAsync(Body);
        Assert.Equal(first.GetProperty("choices").GetRawText(), again.GetProperty("choices").GetRawText());

        JsonElement error = (await serve.CompleteAsync(Body.Replace("default", "embedder", StringComparison.Ordinal))).GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.StartsWith("tiny bert is a bert on llama.cpp: it embeds text. It cannot generate text; use a model that can, such as ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(first.GetProperty("choices").GetRawText(), (await serve.CompleteAsync(Body)).GetProperty("choices").GetRawText());
    }
}
