using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace Engine.Host.Tests.Commands.Training;

public sealed class TrainCommandTests : IDisposable
{
    private const string Shape = """
        {"architecture": "llama", "embedding_length": 32, "block_count": 2, "head_count": 4, "head_count_kv": 2, "feed_forward_length": 64, "context_length": 64}
        """;

    private readonly TemporaryFolder _folder = new();

    public TrainCommandTests()
    {
        File.WriteAllText(_folder.File("shape.json"), Shape);
        File.WriteAllText(_folder.File("data.txt"), string.Concat(Enumerable.Repeat("The small cat sleeps under the old tree.\n<|endoftext|>\nA bird sings by the river.\n<|endoftext|>\n", 12)));
    }

    public void Dispose() => _folder.Dispose();

    private string Output => _folder.File("out.gguf");

    private string[] Arguments(params string[] more) =>
        ["train", "--model-shape", _folder.File("shape.json"), "--vocabulary-size", "290", "--data", _folder.File("data.txt"), "--batch", "2", "--context", "24", "--threads", "1", .. more];

    [Fact]
    public async Task A_trained_model_passes_validate_and_json_and_plot_have_every_loss()
    {
        Outcome outcome = await EngineProcess.RunAsync(Arguments("--steps", "12", "--validation", "0.2", "--out", Output, "--plot", _folder.File("loss.svg"), "--json"));

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(("causal", 12, 12, false), (json.GetProperty("objective").GetString(), json.GetProperty("step").GetInt32(), json.GetProperty("steps").GetInt32(), json.GetProperty("interrupted").GetBoolean()));
        double[] losses = [.. json.GetProperty("log").EnumerateArray().Select(step => step.GetProperty("loss").GetDouble())];
        Assert.Equal(12, losses.Length);
        Assert.True(losses[^1] < losses[0]);
        Assert.Equal(json.GetProperty("loss").GetDouble(), losses[^1]);
        Assert.NotEmpty(json.GetProperty("validations").EnumerateArray());
        XElement plot = XElement.Load(_folder.File("loss.svg"));
        Assert.Equal("svg", plot.Name.LocalName);
        string[] texts = [.. plot.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
        Assert.Superset(new HashSet<string> { "step", "loss", "training, each step", "validation" }, texts.ToHashSet());
        Assert.Equal(3, plot.Descendants().Count(element => element.Name.LocalName == "polyline"));
        Outcome validated = await EngineProcess.RunAsync("validate", "--model", Output, "--text", "The small cat");
        Assert.True(validated.ExitCode == 0, validated.ToString());
    }

    [Fact]
    public async Task Truncated_examples_are_reported_with_their_lines()
    {
        string data = _folder.File("labels.jsonl"), validation = _folder.File("others.jsonl");
        const string Short = """{"text": "Sun.", "label": 1}""", Long = """{"text": "The sun is shining on all of us.", "label": 0}""";
        File.WriteAllLines(data, [Short, .. Enumerable.Repeat(Long, 8)]);
        File.WriteAllLines(validation, [Short, "", Long]);
        Outcome outcome = await EngineProcess.RunAsync(
            "train", "--model-shape", _folder.File("shape.json"), "--vocabulary-size", "270", "--objective", "classification", "--data", data, "--validation", validation,
            "--context", "6", "--steps", "1", "--out", Output, "--json");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Equal(
        [
            $"Warning: '{data}' has 8 examples longer than the context of 6 tokens, which lost the end: lines 2, 3, 4, 5, 6 and 3 more. Give a larger --context, or shorten them.",
            $"Warning: '{validation}' has 1 example longer than the context of 6 tokens, which lost the end: line 3. Give a larger --context, or shorten them.",
        ], outcome.Error.TrimEnd().Split('\n'));
        JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(9, json.GetProperty("shortened").GetInt32());
        JsonElement last = json.GetProperty("shortened_examples")[8];
        Assert.Equal((validation, 3), (last.GetProperty("path").GetString(), last.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task The_examples_of_each_step_can_be_written()
    {
        string shape = _folder.File("bert.json"), log = _folder.File("examples.jsonl");
        File.WriteAllText(shape, Shape.Replace("llama", "bert", StringComparison.Ordinal).Replace("\"head_count_kv\": 2, ", "", StringComparison.Ordinal));
        File.WriteAllText(_folder.File("pairs.txt"), string.Concat(Enumerable.Range(0, 20).Select(i => $"The small cat number {i} sleeps.\nIt sleeps under tree {i * 7}.\n<|endoftext|>\n")));
        Outcome outcome = await EngineProcess.RunAsync(
            "train", "--model-shape", shape, "--objective", "bert", "--data", _folder.File("pairs.txt"), "--batch", "3", "--accumulate", "2", "--context", "40", "--steps", "4",
            "--out", Output, "--log-examples", log, "--json");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        JsonElement[] steps = [.. (await File.ReadAllLinesAsync(log)).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([1, 2, 3, 4], steps.Select(step => step.GetProperty("step").GetInt32()));
        JsonElement run = JsonDocument.Parse(outcome.Output).RootElement;
        foreach ((JsonElement step, JsonElement logged) in steps.Zip(run.GetProperty("log").EnumerateArray()))
        {
            JsonElement[] examples = [.. step.GetProperty("examples").EnumerateArray()];
            Assert.Equal(6, examples.Length);
            Assert.Equal(logged.GetProperty("tokens").GetInt32(), examples.Sum(example => example.GetProperty("tokens").GetArrayLength()));
            Assert.All(examples, example =>
            {
                int[] targets = [.. example.GetProperty("targets").EnumerateArray().Select(target => target.GetInt32())];
                Assert.Equal(example.GetProperty("tokens").GetArrayLength(), targets.Length);
                Assert.Equal(targets.Length, example.GetProperty("segments").GetArrayLength());
                Assert.Contains(targets, target => target >= 0);
                Assert.Contains(-100, targets);
                Assert.InRange(example.GetProperty("next_sentence").GetInt32(), 0, 1);
                Assert.False(example.TryGetProperty("source", out _) || example.TryGetProperty("label", out _));
            });
        }
    }

    [Fact]
    public async Task A_log_of_examples_that_cannot_be_written_gets_a_message_and_does_not_cost_the_steps_done()
    {
        string checkpoint = _folder.File("run.ckpt"), data = _folder.File("data.txt");
        string before = await File.ReadAllTextAsync(data);
        Outcome twice = await EngineProcess.RunAsync(Arguments("--steps", "2", "--out", Output, "--log-examples", data));
        Assert.Equal(2, twice.ExitCode);
        Assert.Equal($"Writing the examples '{data}': this is also the file of --data. Name another file with --log-examples.\n", twice.Error);
        Assert.Equal(before, await File.ReadAllTextAsync(data));
        if (OperatingSystem.IsLinux())
        {
            Outcome full = await EngineProcess.RunAsync(Arguments("--steps", "2", "--out", Output, "--log-examples", "/dev/full", "--checkpoint", checkpoint));
            Assert.Equal(2, full.ExitCode);
            Assert.StartsWith("Writing the examples '/dev/full': no space is left.", full.Error, StringComparison.Ordinal);
            Assert.True(File.Exists(checkpoint));
        }
    }

    [Fact]
    public async Task A_killed_and_resumed_run_ends_with_the_same_bytes_as_an_uninterrupted_one()
    {
        string checkpoint = _folder.File("run.ckpt"), undisturbed = _folder.File("undisturbed.gguf");
        string[] run = Arguments("--steps", "400", "--dropout", "0.1", "--checkpoint-every", "10");
        Assert.Equal(0, (await EngineProcess.RunAsync([.. run, "--out", undisturbed])).ExitCode);
        // What is killed leaves its temporary files.
        var temporary = new Dictionary<string, string> { [OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = Path.GetDirectoryName(Output)! };
        using (Process process = EngineProcess.Start([.. run, "--out", Output, "--checkpoint", checkpoint], temporary))
        {
            while (!File.Exists(checkpoint) && !process.HasExited)
            {
                await Task.Delay(5);
            }
            process.Kill();
            await process.WaitForExitAsync();
        }
        Assert.False(File.Exists(Output));

        Outcome again = await EngineProcess.RunAsync([.. run, "--out", Output, "--checkpoint", checkpoint]);
        Outcome resumed = await EngineProcess.RunAsync([.. run, "--out", Output, "--checkpoint", checkpoint, "--resume"]);

        Assert.Contains("Continue from it with --resume", again.Error, StringComparison.Ordinal);
        Assert.True(resumed.ExitCode == 0, resumed.ToString());
        Assert.Equal(await File.ReadAllBytesAsync(undisturbed), await File.ReadAllBytesAsync(Output));
    }

    [Fact]
    public async Task Ctrl_C_writes_a_checkpoint_and_ends_with_a_message()
    {
        string checkpoint = _folder.File("run.ckpt");
        using Process process = EngineProcess.Start(Arguments("--steps", "1000000", "--out", Output, "--checkpoint", checkpoint, "--checkpoint-every", "5"));
        while (!File.Exists(checkpoint) && !process.HasExited)
        {
            await Task.Delay(10);
        }
        Signal.Send(process, Signal.Interrupt);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(130, process.ExitCode);
        Assert.Matches(@"^Stopped at step \d+ of 1000000; '.*run\.ckpt' holds the state\. Continue with the same options and --resume\.\n$", error);
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public async Task A_mistake_gives_a_message()
    {
        File.WriteAllText(_folder.File("bad.jsonl"), "{\"text\": \"a\"}\n{\"text\": 1}\n");
        foreach ((string[] arguments, string message) in new (string[], string)[]
        {
            (["train", "--model-shape", _folder.File("shape.json"), "--data", _folder.File("bad.jsonl"), "--out", Output], "expected a string as \"text\" in line 2, found a number"),
            (["train", "--data", _folder.File("data.txt"), "--out", Output], "a model to begin with (--from MODEL) or its shape (--model-shape FILE), found neither"),
            (Arguments(), "expected --out MODEL"),
            (Arguments("--out", Output, "--objective", "casual"), "Did you mean 'causal'?"),
            (Arguments("--out", Output, "--validation", "1.5"), "expected a share between 0 and 1 or a file, found '1.5'"),
            (Arguments("--out", Output, "--resume"), "found no --checkpoint FILE"),
            (Arguments("--out", _folder.File("absent/out.gguf")), "there is no folder"),
        })
        {
            Outcome outcome = await EngineProcess.RunAsync(arguments);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
            Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        }
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public async Task A_bundled_model_can_be_trained_by_its_name()
    {
        Outcome outcome = await EngineProcess.RunAsync("train", "--from", "builtin:gpt2-moods", "--data", _folder.File("data.txt"), "--steps", "0", "--out", Output);
        Assert.True(outcome.ExitCode == 0 && File.Exists(Output), outcome.ToString());
        Outcome misspelled = await EngineProcess.RunAsync("train", "--from", "builtin:gpt2-mood", "--data", _folder.File("data.txt"), "--steps", "0", "--out", Output);
        Assert.Equal((2, "Finding the model 'builtin:gpt2-mood': no model of that name comes with the engine. Did you mean 'builtin:gpt2-moods'?\n"), (misspelled.ExitCode, misspelled.Error));
    }

    [Fact]
    public async Task Conversations_for_a_model_without_a_template_are_reported()
    {
        string data = _folder.File("chat.jsonl"), model = Path.Combine(SharedFolder.Checkout, "models", "gpt2-moods.gguf");
        File.WriteAllText(data, "{\"messages\": [{\"role\": \"user\", \"content\": \"b\"}, {\"role\": \"assistant\", \"content\": \"c\"}]}\n");
        string[] run = ["train", "--from", model, "--data", data, "--steps", "0", "--out", Output];
        const string Shown = "gpt2-moods.gguf has no chat template: the conversations are shown to it as lines such as 'user: …' and 'assistant: …'. ";
        Assert.Equal(Shown + "The trained file gets this template.\n", (await EngineProcess.RunAsync(run)).Error);
        Assert.Equal(Shown + "An adapter contains no template, so 'generate --chat' will not know it.\n", (await EngineProcess.RunAsync([.. run, "--lora-rank", "2"])).Error);
        Outcome refused = await EngineProcess.RunAsync("generate", "b", "--chat", "--model", model);
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith("Reading the chat template of gpt2-moods.gguf", refused.Error, StringComparison.Ordinal);
    }
}
