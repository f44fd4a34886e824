using System.CommandLine;
using Engine.LlamaCpp.Quantizer;
using Engine.Parity;

namespace Engine.Host.Commands.Importing;

/// <summary><c>engine import</c>: converts a Hugging Face folder to a GGUF file and proves that it is the same model.</summary>
internal sealed class ImportCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "The folder as downloaded from Hugging Face: config.json, model.safetensors (or its parts with their index), the tokenizer's files." };
    private readonly Argument<string> _output = new("OUT") { Description = "The GGUF file to write; it is replaced if it exists. A file that fails the proof becomes OUT.rejected instead." };

    private readonly Option<string?> _type = new("--type")
    {
        HelpName = "TYPE",
        Description = $"F32, F16 or BF16, or a type to quantize to on the way: {string.Join(", ", ModelQuantizer.Types.Except(["F32", "F16", "BF16"]).Take(6))}, … as in 'engine quantize'. Default: as the checkpoint stores its weights, without loss.",
    };

    private readonly Option<bool> _unproved = new("--no-proof")
    {
        Description = "Ends once the file is written. The proof runs the model, and needs the memory and time for that.",
    };

    private readonly Option<int?> _threads = NumberOption.CreateOptional("--threads", 1, 512, "Threads of the computation. Default: one per core.");
    private readonly Option<string?> _library = new("--library") { HelpName = "PATH", Description = "Your own llama.cpp library: its folder or file." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };

    public static Command Create() => new ImportCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("import", "Makes a GGUF file from a Hugging Face folder, and proves it: the same tokens through the original weights, the reference and llama.cpp. Exit code 0 pass, 1 fail, 2 unusable input.")
        {
            StopsWithin = TimeSpan.FromSeconds(5), // the unfinished files are deleted, which takes a moment if they are large
            WhenStopped = "Stopped before the verdict: nothing was written.",
            Examples = ["engine import all-MiniLM-L6-v2 minilm.gguf", "engine import Llama-3.2-1B llama.gguf --type q4_k_m", "engine import gpt2 gpt2.gguf --type f16 --json"],
        };
        verb.Add(_folder);
        verb.Add(_output);
        verb.AddGroup("Import", _type, _unproved, _threads, _library, _json);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetValue(_output)!;
        new OutputFile("the model", output, _output.Name).RequireWritable();
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        var run = new ImportRun(backends, parsed.GetValue(_folder)!, output)
        {
            Type = parsed.GetValue(_type),
            Proves = !parsed.GetValue(_unproved),
            Threads = parsed.GetValue(_threads) ?? 0,
            LibraryPath = parsed.GetValue(_library),
        };
        ImportReport report = await run.RunAsync(cancellationToken).ConfigureAwait(false);
        TextWriter writer = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(writer, report);
        }
        else
        {
            writer.Write(ImportText.Render(report, Screen.ReportWidth));
        }
        return report.Verdict == ParityVerdict.Fail ? ExitCode.Fail : ExitCode.Pass;
    }
}
