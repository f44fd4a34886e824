using System.Net;

namespace Engine.Host.Tests.Api;

/// <summary>The program as users run it, on real weights.</summary>
public sealed class ServeProcessTests
{
    [SharedFact]
    public async Task SIGTERM_lets_accepted_requests_end_and_the_exit_code_is_0()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--model", SharedFolder.Model("aidreams260K-f32.gguf"), "--backend", "reference"]);
        // Streamed, so that the first chunk shows that the generation has begun.
        using HttpResponseMessage answer = await serve.Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
            {
                Content = new StringContent("""{"prompt": "Once upon a time", "max_tokens": 200, "temperature": 0, "stream": true}"""),
            },
            HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        serve.Terminate();
        Assert.EndsWith("data: [DONE]\n\n", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact]
    public async Task Mistakes_of_the_configuration_are_told_without_a_stack_trace()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServeProcess.StartAsync(
            ["--model", "no-such.gguf"], ("Engine__Models__default__Bakend", "reference"), ("Serve__Queue", "0")));
        Assert.Contains("Models:default:Bakend is not a known key. Did you mean Backend?", error.Message, StringComparison.Ordinal);
        Assert.Contains("Models:default:Path is 'no-such.gguf', and there is no such file", error.Message, StringComparison.Ordinal);
        Assert.Contains("Queue is 0. Set it to a number from 1 to 1000000.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.Message, StringComparison.Ordinal);
    }
}
