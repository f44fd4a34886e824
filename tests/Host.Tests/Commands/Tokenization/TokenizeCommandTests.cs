using System.Text.Json;

namespace Engine.Host.Tests.Commands.Tokenization;

public sealed class TokenizeCommandTests
{
    private static readonly string[] Backends = ["llama.cpp", "reference"];

    /// <summary>The ids are those of llama.cpp's own test data, byte for byte.</summary>
    [Theory]
    [InlineData("bert-bge")]
    [InlineData("falcon")]
    [InlineData("gpt-2")]
    [InlineData("llama-bpe")]
    [InlineData("llama-spm")]
    [InlineData("starcoder")]
    public async Task Cases_give_the_lines_of_llama_cpps_out_files(string name)
    {
        string model = TestData.Vocabulary($"ggml-vocab-{name}.gguf");
        string expected = await File.ReadAllTextAsync(model + ".out");
        string[] arguments = ["tokenize", "--cases", model + ".inp", "--model", model];
        foreach (string backend in Backends)
        {
            Assert.Equal(new Outcome(0, expected, ""), await EngineProcess.RunAsync([.. arguments, "--backend", backend, "--tokenizer", "native"]));
        }
        if (name != "bert-bge") // some of whose texts are among those that llama.cpp splits otherwise
        {
            Assert.Equal(new Outcome(0, expected, ""), await EngineProcess.RunAsync(arguments));
        }
    }

    [Fact]
    public async Task Ids_are_on_one_line_with_and_without_special_tokens()
    {
        Assert.Equal("1 15043 3186\n", (await RunAsync("Hello world", "--ids")).Output);
        Assert.Equal("15043 3186\n", (await RunAsync("Hello world", "--ids", "--no-special")).Output);
        Assert.Equal("\n", (await RunAsync("", "--ids", "--no-special")).Output);
    }

    [Fact]
    public async Task Markup_is_plain_text_unless_requested()
    {
        Assert.Equal("1 529 29879 29958\n", (await RunAsync("<s>", "--ids")).Output);
        Assert.Equal("1 1\n", (await RunAsync("<s>", "--ids", "--parse-special", "--backend", "reference")).Output);
    }

    [Fact]
    public async Task Native_and_managed_tokens_are_shown_side_by_side()
    {
        Outcome outcome = await RunAsync("Hello\n🙂");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("     1   15043  ▁Hello                        15043  ▁Hello\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("     2      13  <0x0A>                           13  <0x0A>\n", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("7 tokens, 7 characters; trained (reference), native (llama.cpp) and native (reference) agree.\n", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', outcome.Output);
    }

    [Fact]
    public async Task One_tokenizer_shows_what_each_token_says()
    {
        Outcome outcome = await RunAsync("Hello world", "--backend", "reference");
        Assert.Contains("     2    3186  ▁world                     \" world\"\n", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("3 tokens, 11 characters, by trained (reference).\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_printed_on_request()
    {
        Assert.Contains("\u001b[30;48;5;157m▁Hello\u001b[0m", (await RunAsync("Hello", "--color", "always")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', (await RunAsync("a\u001b[31m", "--color", "never")).Output);
    }

    [Fact]
    public async Task Text_comes_from_a_file_or_from_standard_input()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("text.txt", [.. "Hello world"u8]);
        Assert.Equal("1 15043 3186\n", (await RunAsync("--file", file, "--ids")).Output);
        string model = TestData.Vocabulary("ggml-vocab-llama-spm.gguf");
        Assert.Equal("1 15043 3186\n", (await EngineProcess.RunAsync(["tokenize", "--file", "-", "--ids", "--model", model], "Hello world")).Output);
    }

    [Fact]
    public async Task Json_holds_ids_pieces_and_the_verdict()
    {
        JsonElement json = JsonDocument.Parse((await RunAsync("Hello world", "--json")).Output).RootElement;
        Assert.Equal([1, 15043, 3186], json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(["<s>", "▁Hello", "▁world"], json.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()));
        Assert.All(json.GetProperty("others").EnumerateArray(), other => Assert.Equal([1, 15043, 3186], other.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())));
        Assert.Equal(["native (llama.cpp)", "native (reference)"], json.GetProperty("others").EnumerateArray().Select(other => other.GetProperty("tokenizer").GetString()));
        Assert.True(json.GetProperty("same").GetBoolean());
        Assert.Equal("trained (reference)", json.GetProperty("tokenizer").GetString());
    }

    [Fact]
    public async Task A_text_that_llama_cpp_splits_differently_is_marked_in_table_ids_and_json()
    {
        string[] arguments = ["tokenize", "가 고", "--model", TestData.Vocabulary("ggml-vocab-bert-bge.gguf")];
        Outcome table = await EngineProcess.RunAsync(arguments);
        Assert.Equal(1, table.ExitCode);
        Assert.Contains("#  trained (reference)                  native (llama.cpp)\n", table.Output, StringComparison.Ordinal);
        Assert.Contains(">    2", table.Output, StringComparison.Ordinal);
        Assert.Contains("trained (reference) and native (llama.cpp) DIFFER, first at token 2: ", table.Output, StringComparison.Ordinal);
        Outcome ids = await EngineProcess.RunAsync([.. arguments, "--ids"]);
        Assert.StartsWith("101 1455 30006 ", ids.Output, StringComparison.Ordinal);
        Assert.Contains("DIFFER", ids.Error, StringComparison.Ordinal);
        Assert.Equal(ids.Output, (await EngineProcess.RunAsync([.. arguments, "--ids", "--backend", "llama.cpp"])).Output);
        Assert.Equal("101 1455 1455 102\n", (await EngineProcess.RunAsync([.. arguments, "--ids", "--tokenizer", "native"])).Output);
        JsonElement json = JsonDocument.Parse((await EngineProcess.RunAsync([.. arguments, "--json"])).Output).RootElement;
        Assert.Equal(2, json.GetProperty("first_difference").GetInt32());
        Assert.All(json.GetProperty("others").EnumerateArray(), other => Assert.Equal(2, other.GetProperty("first_difference").GetInt32()));
        Assert.False(json.GetProperty("same").GetBoolean());
    }

    [Fact]
    public async Task Cases_in_json_are_one_document()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("cases.inp", [.. "Hello\n__ggml_vocab_test__\n\n\n__ggml_vocab_test__\n world\n__ggml_vocab_test__\n"u8]);
        JsonElement json = JsonDocument.Parse((await RunAsync("--cases", file, "--json", "--backend", "reference")).Output).RootElement;
        Assert.Equal(["Hello", "\n", " world"], json.GetProperty("cases").EnumerateArray().Select(text => text.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task The_default_model_splits_text_too() =>
        Assert.EndsWith("native (llama.cpp) and native (reference) agree.\n", (await EngineProcess.RunAsync("tokenize", "The old river")).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("A text is missing: give it as TEXT, through a pipe, with --file PATH or with --cases FILE.\n")]
    [InlineData("Expected one input, found several: give one of TEXT, --file and --cases.\n", "a", "--file", "b")]
    [InlineData("Reading the text 'absent.inp': expected a readable file, found no such file. Check the path given with --cases.\n", "--cases", "absent.inp")]
    [InlineData("--backend: expected one of 'auto', 'llama.cpp', 'reference', 'remote', 'process', found 'refrence'. Did you mean 'reference'?\n", "a", "--backend", "refrence")]
    public async Task A_mistake_is_reported_in_one_message(string message, params string[] arguments)
    {
        Outcome outcome = await EngineProcess.RunAsync(["tokenize", .. arguments]);
        string error = outcome.Error.Replace(", 'llamasharp'", "", StringComparison.Ordinal); // which -p:LLamaSharp=false leaves out
        Assert.Equal(new Outcome(2, "", message), outcome with { Error = error });
    }

    private static Task<Outcome> RunAsync(params string[] arguments) =>
        EngineProcess.RunAsync(["tokenize", .. arguments, "--model", TestData.Vocabulary("ggml-vocab-llama-spm.gguf")]);
}
