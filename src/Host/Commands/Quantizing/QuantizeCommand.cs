using System.CommandLine;
using System.Diagnostics;
using Engine.BuiltIn;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands.Quantizing;

/// <summary><c>engine quantize</c>: a smaller copy of a model.</summary>
internal sealed class QuantizeCommand
{
    private readonly Argument<string> _input = new("IN") { Description = "The GGUF file to read, or builtin:NAME for a model that comes with the engine; of a split file the first part." };
    private readonly Argument<string> _output = new("OUT") { Description = "The GGUF file to write; it is replaced if it exists. Never the input." };
    private readonly Argument<string> _type = new("TYPE") { Description = $"One of {string.Join(", ", ModelQuantizer.Types)}.", CompletionSources = { ModelQuantizer.Types.ToArray() } };

    private readonly Option<int?> _threads = NumberOption.CreateOptional("--threads", 1, 512, "Threads of the computation. Default: one per core.");
    private readonly Option<bool> _allowRequantize = new("--allow-requantize") { Description = "Accepts an input that is already quantized, although its loss cannot be undone." };
    private readonly Option<string?> _importance = new("--imatrix")
    {
        HelpName = "PATH",
        Description = "An importance matrix from llama-imatrix (GGUF); the coarsest types need one.",
    };

    private readonly Option<string?> _library = new("--library") { HelpName = "PATH", Description = "Your own llama.cpp library: its folder or file." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };

    public static Command Create() => new QuantizeCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("quantize", "Writes a smaller copy of a model, and lists the tensors that fell back to another format.")
        {
            StopsWithin = TimeSpan.FromSeconds(5), // the unfinished file is deleted, which takes a moment if it is large
            WhenStopped = "Stopped before the last tensor: nothing was written.",
            Examples = ["engine quantize f16.gguf q4.gguf Q4_K_M", "engine quantize f16.gguf iq2.gguf IQ2_XS --imatrix imatrix.gguf --json"],
        };
        verb.Add(_input);
        verb.Add(_output);
        verb.Add(_type);
        verb.AddGroup("Quantization", _threads, _allowRequantize, _importance, _library, _json);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new QuantizeOptions
        {
            Input = BundledModels.Resolve(parsed.GetValue(_input)!),
            Output = parsed.GetValue(_output)!,
            Type = parsed.GetValue(_type)!,
            Threads = parsed.GetValue(_threads) ?? 0,
            AllowRequantize = parsed.GetValue(_allowRequantize),
            ImportanceMatrix = parsed.GetValue(_importance),
            LibraryPath = parsed.GetValue(_library),
        };
        new OutputFile("the model", options.Output, _output.Name).RequireWritable();
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        long begin = Stopwatch.GetTimestamp();
        using var bar = new ProgressBar($"Quantizing {Path.GetFileName(options.Input)}");
        QuantizeResult result = await backends.CreateQuantizer().QuantizeAsync(options, bar, cancellationToken).ConfigureAwait(false);
        bar.Dispose();
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, QuantizeReport.Of(options, result, Stopwatch.GetElapsedTime(begin).TotalSeconds));
        }
        else
        {
            output.Write(QuantizeText.Describe(options, result));
        }
        return ExitCode.Pass;
    }
}
