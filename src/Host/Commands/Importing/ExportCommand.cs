using System.CommandLine;
using Engine.BuiltIn;
using Engine.HuggingFace.Exporting;

namespace Engine.Host.Commands.Importing;

/// <summary><c>engine export</c>: a model trained here becomes a transformers folder.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> _model = new("GGUF") { Description = "A LLaMA, GPT-2, BERT or T5 in F32, F16 or BF16, or builtin:NAME for a model that comes with the engine." };
    private readonly Argument<string> _folder = new("FOLDER") { Description = "The folder to write; it must not exist, or be empty." };

    public static Command Create() => new ExportCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("export", "Writes a model as Hugging Face's libraries read it: config.json, model.safetensors, tokenizer.json. The folder is read back and compared with the file, bit for bit.")
        {
            WhenStopped = "Stopped before the end: nothing was written.",
            Examples = ["engine export trained.gguf trained", "engine export builtin:bert-facts facts"],
        };
        verb.Add(_model);
        verb.Add(_folder);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string model = BundledModels.Resolve(parsed.GetValue(_model)!), folder = parsed.GetValue(_folder)!;
        var target = new OutputFile("the folder", folder, "FOLDER") { IsFolder = true };
        target.RequireWritable();
        using var bar = new ProgressBar($"Exporting {Path.GetFileName(model)}");
        IReadOnlyList<string> names = await Task.Run(() => target.Write(() => ModelExport.Write(model, folder, bar, cancellationToken)), cancellationToken).ConfigureAwait(false);
        bar.Dispose();
        TextWriter output = parsed.InvocationConfiguration.Output;
        output.WriteLine(folder);
        foreach (string name in names)
        {
            output.WriteLine($"  {name,-24} {ByteCount.Describe(new FileInfo(Path.Combine(folder, name)).Length)}");
        }
        return ExitCode.Pass;
    }
}
