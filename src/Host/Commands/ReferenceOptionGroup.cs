using System.CommandLine;
using Engine.BuiltIn;

namespace Engine.Host.Commands;

/// <summary>The options of the verbs that judge one model by the managed reference.</summary>
/// <param name="numerics">The default numerics.</param>
internal sealed class ReferenceOptionGroup(Numerics numerics)
{
    private const string ReferenceBackend = "reference";

    public Option<string> Numerics { get; } = CreateNumerics(numerics);

    public Option<string?> ReferenceModel { get; } = new("--reference-model")
    {
        HelpName = "PATH",
        Description = "Lets the reference read a different file than the native side. Default: the same; with --endpoint it must be given.",
    };

    public Numerics ReadNumerics(ParseResult parsed) => Enum.Parse<Numerics>(parsed.GetValue(Numerics)!, ignoreCase: true);

    /// <summary>The reference beside <paramref name="native"/>: here, on the processor, with the same threads and context.</summary>
    /// <exception cref="InvalidRequestException">There is no file that it could read.</exception>
    public ModelOptions Read(ParseResult parsed, ModelOptions native) => native with
    {
        Path = BundledModels.Resolve(parsed.GetValue(ReferenceModel) ?? (native.Endpoint is null ? native.Path : throw new InvalidRequestException(
            $"Judging a model of another engine by the reference: expected a file that the reference can read here, found none. Give it the same one with {ReferenceModel.Name} PATH."))),
        Backend = ReferenceBackend,
        Device = "cpu",
        Endpoint = null,
        RemoteModel = null,
        Key = null,
        KeyFile = null,
        CertificateFile = null,
    };

    private static Option<string> CreateNumerics(Numerics standard)
    {
        Option<string> option = ChoiceOption.Create(
            "--numerics", "How exactly the native side computes: strict uses F32 keys and values and no flash attention.",
            [.. Enum.GetValues<Numerics>().OrderBy(value => value != standard).Select(value => value.ToString().ToLowerInvariant())]);
        option.Aliases.Add("--setting"); // its name in earlier versions, still accepted but not in the help
        return option;
    }
}
