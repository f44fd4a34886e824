using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Engine.Host.Tests.Api;

/// <summary>The program as users run it, on the default model.</summary>
public sealed class ServeProcessTests
{
    private const string Greedy = """{"prompt": "Once upon a time", "max_tokens": 40, "temperature": 0}""";

    [Fact]
    public async Task An_environment_variable_swaps_the_backend_and_the_greedy_completion_stays_the_same()
    {
        // F32: with quantized weights, two correct engines may choose different words where two are almost equally probable.
        string[] model = ["--model", Path.Combine(SharedFolder.Checkout, "models", "llama-stories-f32.gguf")];
        await using ServeProcess native = await ServeProcess.StartAsync(model);
        await using ServeProcess reference = await ServeProcess.StartAsync(model, ("Engine__Models__default__Backend", "reference"));
        Assert.Contains("with llama.cpp", native.Log, StringComparison.Ordinal);
        Assert.Contains("with reference", reference.Log, StringComparison.Ordinal);
        JsonElement expected = await native.CompleteAsync(Greedy);
        JsonElement found = await reference.CompleteAsync(Greedy);
        Assert.Equal(40, expected.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(expected.GetProperty("choices").GetRawText(), found.GetProperty("choices").GetRawText());
        Assert.Equal(expected.GetProperty("usage").GetRawText(), found.GetProperty("usage").GetRawText());
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task A_prompt_that_was_evaluated_before_is_counted_as_cached(string backend)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--backend", backend, "--slots", "2"]);
        string body = $$"""{"prompt": "{{string.Concat(Enumerable.Repeat("There was a small dog. ", 8))}}", "max_tokens": 2, "temperature": 0, "n": 2}""";
        JsonElement[] usages = [(await serve.CompleteAsync(body)).GetProperty("usage"), (await serve.CompleteAsync(body)).GetProperty("usage")];
        int prompt = usages[0].GetProperty("prompt_tokens").GetInt32();
        // All but the last token, after which the first one is chosen.
        Assert.Equal([0, prompt - 1], usages.Select(usage => usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32()));
        Assert.All(usages, usage => Assert.Equal(4, usage.GetProperty("completion_tokens").GetInt32()));
    }

    [Fact]
    public async Task A_chat_template_of_the_command_line_is_the_models()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(["--model", "builtin:gpt2-moods", "--backend", "reference", "--chat-template", "Plain"]);
        using HttpResponseMessage response = await serve.Client.PostAsync("/v1/chat/completions", new StringContent("""{"messages": [{"role": "user", "content": "Sue went"}], "max_tokens": 4, "temperature": 0}"""));
        string chat = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        JsonElement plain = await serve.CompleteAsync("""{"prompt": "Sue went", "max_tokens": 4, "temperature": 0}""");
        Assert.Equal(plain.GetProperty("choices")[0].GetProperty("text").GetString(), chat);
    }

    [Theory]
    [InlineData("ggml", "exact", false)]
    [InlineData("exact", "ggml", true)]
    public async Task The_arithmetic_of_the_command_line_is_that_of_production_and_strict_numerics_stay_exact(string option, string environment, bool areSame)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--backend", "reference", "--arithmetic", option], ("Engine__Models__default__Arithmetic", environment));
        Assert.Equal(areSame, await SumAsync("production") == await SumAsync("strict"));

        async Task<double> SumAsync(string numerics)
        {
            using HttpResponseMessage response = await serve.Client.PostAsync("/v1/score", new StringContent($$"""{"input": "Once upon a time", "numerics": "{{numerics}}"}"""));
            return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("data")[0].GetProperty("sum").GetDouble();
        }
    }

    [Fact]
    public async Task An_unknown_arithmetic_is_refused_with_what_it_may_be()
    {
        Outcome refused = await EngineProcess.RunAsync("serve", "--arithmetic", "gmgl");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--arithmetic: expected exact or ggml, found 'gmgl'. Did you mean 'ggml'?", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_lets_accepted_requests_end_and_the_exit_code_is_0()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            ["--backend", "reference"]);
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

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task SIGTERM_while_the_model_loads_ends_quietly(string backend)
    {
        await using ServeProcess serve = await ServeProcess.StartLoadingAsync(["--model", "builtin:llama-stories-f32", "--backend", backend]);
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain("   at ", serve.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("cancel", serve.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Configuration_mistakes_are_reported_without_a_stack_trace()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServeProcess.StartAsync(
            ["--model", "no-such.gguf"], ("Engine__Models__default__Bakend", "reference"), ("Serve__Queue", "4"), ("Serve__DrainSeconds", "-1")));
        Assert.Contains("Models:default:Bakend is not a known key. Did you mean Backend?", error.Message, StringComparison.Ordinal);
        Assert.Contains("Models:default:Path is 'no-such.gguf', and there is no such file", error.Message, StringComparison.Ordinal);
        Assert.Contains("Queue is no longer a key: each model has its own queue. Set Engine:Models:NAME:Queue.", error.Message, StringComparison.Ordinal);
        Assert.Contains("DrainSeconds is -1. Set it to a number from 0 to 86400.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_of_other_names_need_no_default_beside_them()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("appsettings.json"), """{"Engine": {"Models": {"tales": {"Path": "builtin:llama-stories"}}}}""");
        await using ServeProcess serve = await ServeProcess.StartInAsync(folder.File("."), []);
        JsonElement models = await serve.Client.GetFromJsonAsync<JsonElement>("/v1/models");
        Assert.Equal(["tales"], models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task The_command_line_wins_over_the_environment_and_that_over_the_settings_of_the_folder()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            folder.File("appsettings.json"), """{"Engine": {"Models": {"default": {"Path": "no-such.gguf", "Backend": "folder"}}}}""");
        (string, string) environment = ("Engine__Models__default__Backend", "environment");
        Assert.Equal(["folder", "environment", "command"],
            [await BackendAsync([]), await BackendAsync([], environment), await BackendAsync(["--backend", "command"], environment)]);

        async Task<string> BackendAsync(string[] arguments, params (string, string)[] environment)
        {
            // No such backend is registered, so the refusal names the one that won.
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServeProcess.StartInAsync(folder.File("."), arguments, environment));
            return Regex.Match(error.Message, "Backend is '([a-z]+)'").Groups[1].Value;
        }
    }
}
