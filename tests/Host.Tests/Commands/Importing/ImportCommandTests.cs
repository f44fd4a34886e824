using System.Text.Json;
using System.Text.Json.Nodes;

namespace Engine.Host.Tests.Commands.Importing;

public sealed class ImportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Output => _folder.File("out.gguf");

    [Fact]
    public async Task A_folder_becomes_a_file_that_is_proved_to_be_the_same_model()
    {
        string model = HuggingFaceCase.Of("LLaMA stretched as Llama 3.1").Write(_folder.File("model"));
        TinyTokenizer.Write(model);

        Outcome outcome = await EngineProcess.RunAsync("import", model, Output);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("  pass   reference against the original weights, 48 positions", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("  pass   llama.cpp against the original weights, 48 positions", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json's own rules: 1 of\n         1 texts have the same ids", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("PASS: the file is the model.\n", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
        Assert.Equal(["out.gguf"], _folder.Names);
        Outcome validated = await EngineProcess.RunAsync("validate", "--model", Output, "--tokens", "1,5,6,7,8");
        Assert.True(validated.ExitCode == 0, validated.ToString());
    }

    [Fact]
    public async Task It_is_quantized_on_the_way_and_json_has_every_figure()
    {
        string model = HuggingFaceCase.Of("BERT").Write(_folder.File("model"));

        Outcome outcome = await EngineProcess.RunAsync("import", model, Output, "--type", "q8_0", "--json");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(("pass", "Q8_0", "bert"), (json.GetProperty("verdict").GetString(), json.GetProperty("type").GetString(), json.GetProperty("architecture").GetString()));
        JsonElement[] checks = [.. json.GetProperty("checks").EnumerateArray()];
        Assert.Equal(3, checks.Length);
        Assert.All(checks, check => Assert.Equal("pass", check.GetProperty("verdict").GetString()));
        // The same weights: the order of the sums differs with the processor, measured 3e-6 of the RMS.
        Assert.InRange(checks[0].GetProperty("max_rel_diff").GetDouble(), 0, 1e-4);
        string notes = string.Join('\n', json.GetProperty("notes").EnumerateArray().Select(note => note.GetString()));
        Assert.Contains("GELU by erf", notes, StringComparison.Ordinal);
        Assert.Contains("As Q8_0 its numbers differ from the original weights' by an NMSE of", notes, StringComparison.Ordinal);
        Assert.Contains("no tokenizer", notes, StringComparison.Ordinal);
        Assert.Equal(["out.gguf"], _folder.Names);
    }

    [Fact]
    public async Task A_file_that_fails_the_proof_gets_another_name_and_the_requested_one_is_unchanged()
    {
        string model = HuggingFaceCase.Of("LLaMA").Write(_folder.File("model"));
        // tokenizer.json merges "re" before "thr" of "th" and "r"; llama.cpp, which has one score for a token, "thr" first.
        TinyTokenizer.Write(model, file =>
        {
            file["model"]!["vocab"] = JsonNode.Parse("""{"<unk>":0,"<s>":1,"</s>":2,"<|turn|>":3,"▁":4,"t":5,"h":6,"e":7,"r":8,"th":9,"thr":10,"re":11,"hr":12}""");
            file["model"]!["merges"] = JsonNode.Parse("""["t h","t hr","r e","th r","h r"]""");
        });
        await File.WriteAllTextAsync(Output, "mine");

        Outcome outcome = await EngineProcess.RunAsync("import", model, Output);

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("  FAIL   the file's tokenizer against tokenizer.json's own rules: 0 of\n         1 texts have the same ids", outcome.Output, StringComparison.Ordinal);
        Assert.StartsWith($"{Output}.rejected\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("FAIL: the file is not the model.", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(["out.gguf", "out.gguf.rejected"], _folder.Names);
        Assert.Equal("mine", await File.ReadAllTextAsync(Output));
        Outcome inspected = await EngineProcess.RunAsync("inspect", "--model", Output + ".rejected");
        Assert.True(inspected.ExitCode == 0, inspected.ToString());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_imported_gives_a_message_and_leaves_nothing()
    {
        string model = HuggingFaceCase.Of("LLaMA").Write(_folder.File("model"));
        string config = Path.Combine(model, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"silu\"", "\"relu\"", StringComparison.Ordinal));

        Outcome outcome = await EngineProcess.RunAsync("import", model, Output);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Equal("Reading config.json: expected 'silu' in 'hidden_act', found 'relu'. Models of this kind cannot be imported; use another.\n", outcome.Error);
        Assert.Empty(_folder.Names);
        Outcome absent = await EngineProcess.RunAsync("import", _folder.File("nowhere"), Output);
        Assert.Equal(2, absent.ExitCode);
        Assert.Contains("expected a folder with config.json and model.safetensors, found nothing", absent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_was_trained_here_is_exported_and_what_is_in_the_folder_is_listed()
    {
        string folder = _folder.File("facts");

        Outcome outcome = await EngineProcess.RunAsync("export", "builtin:bert-facts", folder);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.StartsWith($"{folder}\n  1_Pooling/config.json ", outcome.Output, StringComparison.Ordinal);
        Assert.All(new[] { "config.json", "model.safetensors", "modules.json", "tokenizer.json", "tokenizer_config.json" }, name => Assert.Contains($"  {name} ", outcome.Output, StringComparison.Ordinal));
        Outcome again = await EngineProcess.RunAsync("export", "builtin:bert-facts", folder);
        Assert.Equal((2, ""), (again.ExitCode, again.Output));
        Assert.Contains("expected a folder that is not there or is empty, found files in it", again.Error, StringComparison.Ordinal);
    }
}
