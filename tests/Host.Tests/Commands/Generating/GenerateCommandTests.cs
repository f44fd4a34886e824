using System.Text.Json;
using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Generating;

public sealed class GenerateCommandTests
{
    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task The_golden_ids_come_from_an_empty_prompt(string backend)
    {
        Outcome outcome = await EngineProcess.RunAsync(
            "generate", "", "--model", TestData.Model("aidreams260K-f32.gguf"), "--backend", backend, "--temperature", "0", "--max-tokens", "60", "--json");
        Assert.Equal(0, outcome.ExitCode);
        JsonElement report = Json(outcome);
        Assert.Equal(Golden(60), report.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal("max_tokens", report.GetProperty("finish_reason").GetString());
        Assert.Equal(1, report.GetProperty("prompt_tokens").GetInt32());
        Assert.StartsWith(" \"Echoes of vectors unfold,", report.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.True(report.GetProperty("prefill_tokens_per_second").GetDouble() > 0);
        Assert.True(report.GetProperty("decode_tokens_per_second").GetDouble() > 0);
        Assert.False(report.TryGetProperty("validate", out _));
    }

    [Fact]
    public async Task Both_backends_agree_on_the_quantized_file()
    {
        string[] arguments = ["generate", "", "--model", TestData.Model("aidreams260K-q8_0.gguf"), "--temperature", "0", "--max-tokens", "60", "--json", "--backend"];
        Outcome native = await EngineProcess.RunAsync([.. arguments, "llama.cpp"]);
        Outcome reference = await EngineProcess.RunAsync([.. arguments, "reference"]);
        Assert.Equal(Json(native).GetProperty("text").GetString(), Json(reference).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Token_ids_may_be_separated_by_blanks_and_line_ends_and_get_nothing_added()
    {
        Outcome outcome = await RunAsync("--tokens", "1,319, 459\n355", "--temperature", "0", "--max-tokens", "20", "--json");
        Assert.Equal(4, Json(outcome).GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(Golden(23)[3..], Json(outcome).GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Fact]
    public async Task A_prompt_comes_from_an_argument_a_file_or_standard_input()
    {
        string[] rest = ["--model", TestData.Model("aidreams260K-f32.gguf"), "--temperature", "0", "--max-tokens", "8"];
        using var folder = new TemporaryFolder();
        string file = folder.File("prompt.txt", [.. "Once upon a time"u8]);
        Outcome argument = await EngineProcess.RunAsync(["generate", "Once upon a time", .. rest]);
        Assert.Equal(0, argument.ExitCode);
        Assert.Equal(argument, await EngineProcess.RunAsync(["generate", "--file", file, .. rest]));
        Assert.Equal(argument, await EngineProcess.RunAsync(["generate", "--file", "-", .. rest], "Once upon a time"));
    }

    [Fact]
    public async Task Only_the_text_goes_to_a_pipe()
    {
        Outcome outcome = await RunAsync("", "--temperature", "0", "--max-tokens", "20");
        Assert.Equal(" \"Echoes of vectors unfold, a gentle hum of precision\n", outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task A_prompt_with_its_own_BOS_gets_no_second_one_but_a_warning(string backend)
    {
        string[] rest = ["--temperature", "0", "--max-tokens", "8", "--backend", backend];
        Outcome plain = await RunAsync(["Once upon", .. rest]);
        Outcome marked = await RunAsync(["<s>Once upon", "--parse-special", .. rest]);
        Assert.Equal(plain.Output, marked.Output);
        Assert.Empty(plain.Error);
        Assert.StartsWith("Warning: Reading a prompt for aidreams260K: it already starts with the beginning-of-sequence token", marked.Error, StringComparison.Ordinal);
        Assert.Single(marked.Error.TrimEnd('\n').Split('\n'));
        Outcome ids = await RunAsync(["--tokens", "1,1,319", .. rest]);
        Assert.StartsWith("Warning: Reading a prompt for aidreams260K: it begins with two beginning-of-sequence tokens", ids.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_goes_through_the_files_own_template()
    {
        using var folder = new TemporaryFolder();
        string chat = folder.File("chat.gguf");
        using (GgufFile file = GgufFile.Open(TestData.Model("aidreams260K-f32.gguf")))
        {
            var copy = new GgufWriter();
            foreach (string key in file.Metadata.Keys)
            {
                copy.SetMetadata(key, file.Metadata[key]!);
            }
            copy.SetMetadata("tokenizer.chat_template",
                "{{ bos_token }}{% for m in messages %}{% if m.role == 'robot' %}{{ raise_exception('No robots') }}{% endif %}{{ m.content }}{% if not loop.last %}. {% endif %}{% endfor %}");
            foreach (GgufTensor tensor in file.Tensors)
            {
                copy.AddTensor(tensor.Name, tensor.Shape, tensor.Type, file.GetData(tensor, 0, (int)tensor.ByteLength).ToArray());
            }
            copy.Write(chat);
        }
        string[] rest = ["--temperature", "0", "--max-tokens", "8"];
        Outcome plain = await EngineProcess.RunAsync(["generate", "Be kind. Once upon", "--model", chat, .. rest]);
        Outcome templated = await EngineProcess.RunAsync(["generate", "Once upon", "--system", "Be kind", "--model", chat, .. rest]);
        Assert.Equal(0, templated.ExitCode);
        Assert.Equal(plain.Output, templated.Output);
        Assert.StartsWith("Warning: Reading a prompt for aidreams260K: it already starts with", templated.Error, StringComparison.Ordinal);
        Outcome without = await RunAsync("Once upon", "--chat");
        Assert.Equal(2, without.ExitCode);
        Assert.StartsWith("Reading the chat template of aidreams260K-f32.gguf: expected 'tokenizer.chat_template'", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_template_may_be_given_by_its_familys_name_or_as_a_file()
    {
        using var folder = new TemporaryFolder();
        string[] rest = ["--temperature", "0", "--max-tokens", "8"];
        Outcome plain = await RunAsync(["Be kind. Once upon", .. rest]);
        Assert.Equal(plain.Output, (await RunAsync(["Once upon", "--system", "Be kind. ", "--chat-template", "plain", .. rest])).Output);
        File.WriteAllText(folder.File("own.jinja"), "Be kind. {{ messages[0].content }}\n");
        Assert.Equal(plain.Output, (await RunAsync(["Once upon", "--chat-template", folder.File("own.jinja"), .. rest])).Output);
        Outcome refused = await RunAsync("Once upon", "--chat-template", "chatlm");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--chat-template is 'chatlm', which is neither a family nor a file. Did you mean 'chatml'?", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_text_ends_the_answer_before_it()
    {
        Outcome outcome = await RunAsync("", "--temperature", "0", "--stop", "never", "--stop", "gentle", "--json");
        Assert.Equal(" \"Echoes of vectors unfold, a ", Json(outcome).GetProperty("text").GetString());
        Assert.Equal("stop", Json(outcome).GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task The_reported_seed_gives_the_same_text_again()
    {
        JsonElement first = Json(await RunAsync("Once", "--temperature", "1", "--max-tokens", "30", "--json"));
        string seed = first.GetProperty("seed").GetRawText();
        JsonElement second = Json(await RunAsync("Once", "--temperature", "1", "--max-tokens", "30", "--json", "--seed", seed));
        Assert.Equal(first.GetProperty("text").GetString(), second.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("production")]
    [InlineData("strict")]
    public async Task Verify_ends_with_a_verdict_on_the_logits_of_each_token(string numerics)
    {
        Outcome outcome = await RunAsync("Once upon a time", "--max-tokens", "40", "--temperature", "0", "--ignore-eos", "--verify", "--numerics", numerics);
        Assert.Equal(0, outcome.ExitCode);
        string[] lines = outcome.Output.TrimEnd('\n').Split('\n');
        Assert.Equal($"Verified 40 tokens against the reference, {numerics} numerics.", lines[^2]);
        Assert.StartsWith("PASS: ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_puts_the_report_into_the_json_document()
    {
        Outcome outcome = await RunAsync("Once upon a time", "--max-tokens", "40", "--temperature", "0", "--ignore-eos", "--verify", "--json");
        JsonElement validate = Json(outcome).GetProperty("validate");
        Assert.Equal("pass", validate.GetProperty("verdict").GetString());
        Assert.Equal("production", validate.GetProperty("setting").GetString());
        Assert.Equal(40, validate.GetProperty("positions").GetInt32());
    }

    [Fact]
    public async Task Verify_fails_if_the_reference_has_another_weight()
    {
        using FaultyCopy faulty = FaultyCopy.OfF32(factor: 100);
        Outcome outcome = await RunAsync("Once upon a time", "--temperature", "0", "--max-tokens", "40", "--verify", "--reference-model", faulty.Path);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("FAIL", outcome.Output, StringComparison.Ordinal);
    }

    private static Task<Outcome> RunAsync(params string[] arguments) =>
        EngineProcess.RunAsync(["generate", .. arguments, "--model", TestData.Model("aidreams260K-f32.gguf")]);

    private static int[] Golden(int count)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(TestData.Model("aidreams260K.expected.json")));
        return [.. expected.RootElement.GetProperty("greedy").EnumerateArray().Take(count).Select(id => id.GetInt32())];
    }

    /// <summary>One document and nothing else: the parser refuses anything after it.</summary>
    private static JsonElement Json(Outcome outcome) =>
        outcome.ExitCode == 0 ? JsonSerializer.Deserialize<JsonElement>(outcome.Output) : throw new InvalidDataException(outcome.ToString());

    [Fact]
    public async Task A_full_context_is_reported_even_without_a_terminal()
    {
        Outcome outcome = await EngineProcess.RunAsync("generate", "Once upon a time", "--context", "6", "--temperature", "0");
        Assert.Equal((0, "The answer ends here: the context of 6 tokens is full. --context takes up to 512.\n"), (outcome.ExitCode, outcome.Error));
    }
}
