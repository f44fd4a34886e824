using System.CommandLine;
using Engine.BuiltIn;
using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary><c>engine inspect</c>: what a model file holds, without loading it.</summary>
internal sealed class InspectCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        HelpName = "FILE",
        Description = "The GGUF file; of a split one the first part. Default: the small model that comes with the engine.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _model = new("--model") { HelpName = "PATH", Description = "The same as FILE." };
    private readonly Option<int?> _context = NumberOption.CreateOptional(
        "--context", 1, 1 << 24, "Number of tokens to compute the memory for. Default: the model's own, up to 4096.");

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };

    public static Command Create() => new InspectCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("inspect", "Shows what a model file holds: metadata, modules, parameters, the memory it needs.")
        {
            Examples = ["engine inspect llama.gguf", "engine inspect llama.gguf --context 32768", "engine inspect llama.gguf --json"],
        };
        verb.Add(_file);
        verb.AddGroup("Inspection", _model, _context, _json);
        verb.SetAction(Run);
        return verb;
    }

    private int Run(ParseResult parsed)
    {
        string path = BundledModels.Resolve(parsed.GetValue(_file) ?? parsed.GetValue(_model) ?? DefaultModel.Find());
        using GgufFile file = GgufFile.Open(path);
        InspectedMemory? memory = null;
        string? refusal = Refusal(() => GgufPreflight.CheckForLlamaCpp(file)) ?? Refusal(() => memory = InspectedMemory.Of(file, parsed.GetValue(_context)));
        InspectReport report = InspectReport.Of(file, memory, refusal);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, report);
        }
        else
        {
            InspectText.Write(output, file, report, Screen.ReportWidth);
        }
        return ExitCode.Pass;
    }

    /// <summary>Finds the error in the file, which is shown like everything else.</summary>
    private static string? Refusal(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (ModelFileException refusal)
        {
            return refusal.Message;
        }
    }
}
