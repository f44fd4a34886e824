using Engine.Host.Commands;

namespace Engine.Host.Tests.Commands;

public sealed class OutputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string? Refusal(Action act) => (Record.Exception(act) as InvalidRequestException)?.Message;

    private static OutputFile File(string path) => new("the model", path, "--out");

    [Fact]
    public void A_writable_path_passes_and_nothing_is_left_behind()
    {
        File(_folder.File("new.gguf")).RequireWritable();
        new OutputFile("the model", _folder.File("a/b/new.gguf"), "--out") { MakesFolder = true }.RequireWritable();
        Assert.Empty(_folder.Names);
        Assert.False(Directory.Exists(_folder.File("a")));
    }

    [Fact]
    public void An_existing_stream_keeps_its_content_until_it_is_written()
    {
        string path = _folder.File("old.txt", [1, 2, 3]);
        new OutputFile("the corpus", path, "--out") { IsStream = true }.RequireWritable();
        Assert.Equal([1, 2, 3], System.IO.File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_a_missing_folder_and_an_empty_path_are_refused()
    {
        string folder = Path.GetDirectoryName(_folder.File("x"))!;
        Assert.Equal($"Writing the model '{folder}': this is a folder. Name a file in it with --out.", Refusal(() => File(folder).RequireWritable()));
        Assert.Equal(
            $"Writing the model '{_folder.File("a/b.gguf")}': there is no folder '{_folder.File("a")}'. Make it first, or name another file with --out.",
            Refusal(() => File(_folder.File("a/b.gguf")).RequireWritable()));
        Assert.Equal("Writing the model '': the path is empty. Name another file with --out.", Refusal(() => File("").RequireWritable()));
    }

    [LinuxFact]
    public void A_folder_that_nobody_may_write_to_is_refused()
    {
        Assert.Equal("Writing the model '/proc/x': the folder '/proc' is not writable. Name another file as OUT.", Refusal(() => new OutputFile("the model", "/proc/x", "OUT").RequireWritable()));
    }

    [LinuxFact]
    public void A_device_is_only_for_streams()
    {
        new OutputFile("the corpus", "/dev/null", "--out") { IsStream = true }.RequireWritable();
        Assert.Equal("Writing the model '/dev/null': this is a device or a pipe. Name another file with --out.", Refusal(() => File("/dev/null").RequireWritable()));
    }

    [Fact]
    public void A_file_that_is_read_is_not_replaced_by_whatever_path()
    {
        string input = _folder.File("in.gguf", [1]);
        System.IO.File.CreateSymbolicLink(_folder.File("link.gguf"), input);
        string[] spellings = [input, Path.Combine(Path.GetDirectoryName(input)!, ".", "in.gguf"), Path.GetRelativePath(Directory.GetCurrentDirectory(), input), _folder.File("link.gguf")];
        Assert.All(spellings, path => Assert.Equal(
            $"Writing the model '{path}': this is also the file of --from. Name another file with --out.", Refusal(() => File(path).RequireOther(input, "--from"))));
        Assert.Null(Refusal(() => File(_folder.File("out.gguf")).RequireOther(input, "--from")));
        Assert.NotNull(Refusal(() => File(_folder.File("out.gguf")).RequireOther(_folder.File("./out.gguf"), "--plot"))); // neither is there yet
    }

    [Theory]
    [InlineData(28, "no space is left")]
    [InlineData(30, "the file system is read-only")]
    public void A_refusal_of_the_system_is_reported_with_its_reason(int error, string reason) =>
        Assert.Equal(
            $"Writing the model 'm.gguf': {reason}. Name another file with --out.",
            Refusal(() => File("m.gguf").Write(() => throw new IOException("Whatever : '/m.gguf'", error))));

    [Fact]
    public async Task Each_verb_checks_its_output_before_its_work()
    {
        string absent = _folder.File("absent/file"), model = Path.Combine(SharedFolder.Checkout, "models", "llama-stories-f32.gguf");
        System.IO.File.WriteAllText(_folder.File("data.txt"), "The cat sleeps.\n");
        string data = _folder.File("data.txt"), output = _folder.File("out.gguf");
        (string[] Arguments, string Sentence)[] verbs =
        [
            (["train", "--from", model, "--data", data, "--out", absent], "Writing the model"),
            (["train", "--from", model, "--data", data, "--out", model], $"Writing the model '{model}': this is also the file of --from."),
            (["train", "--from", model, "--data", data, "--out", output, "--checkpoint", absent], "Writing the checkpoint"),
            (["train", "--from", model, "--data", data, "--out", output, "--plot", absent], "Writing the plot"),
            (["train", "--from", model, "--data", data, "--out", output, "--log-examples", absent], "Writing the examples"),
            (["train-tokenizer", "--data", data, "--out", absent], "Writing the vocabulary"),
            (["corpus", "stories", "--out", absent], "Writing the corpus"),
            (["quantize", model, absent, "Q4_K_M"], "Writing the model"),
            (["validate", "--calibrate", "--calibration", data + "/file"], "Writing the calibration"),
        ];
        foreach ((string[] arguments, string message) in verbs)
        {
            Outcome outcome = await EngineProcess.RunAsync(arguments);
            Assert.Equal(2, outcome.ExitCode);
            Assert.StartsWith(message, outcome.Error, StringComparison.Ordinal);
            Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        }
        Assert.Equal(["data.txt"], _folder.Names);
    }

    [LinuxFact]
    public async Task A_calibration_without_a_home_is_refused_before_it_is_measured()
    {
        Outcome outcome = await EngineProcess.RunAsync(
            ["validate", "--calibrate"], input: null, new Dictionary<string, string> { ["HOME"] = "/nonexistent", ["XDG_CACHE_HOME"] = "" });
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("Keeping the calibration: there is no home folder to keep it in. Name a file with --calibration, or set XDG_CACHE_HOME.\n", outcome.Error);
    }
}
