using System.CommandLine;
using Engine.Generation;
using Engine.Parity;

namespace Engine.Host.Commands.Validating;

/// <summary>The options of <c>--layers</c>, and the comparison layer by layer.</summary>
internal sealed class LayerOptionGroup
{
    public Option<bool> Layers { get; } = new("--layers")
    {
        Description = "Compares every op as well: side by side, and in a replay, which feeds each op of the reference what the native op was fed. The replay decides, and names the first op that diverges.",
    };

    public Option<Arithmetic?> Arithmetic { get; } = new("--arithmetic")
    {
        HelpName = "exact|ggml",
        Description = "How the reference computes: exact, or rounding as ggml does. Default: logits and embeddings exact, --layers ggml, which sees smaller faults.",
        CustomParser = result =>
        {
            if (Enum.TryParse(result.Tokens[0].Value, ignoreCase: true, out Arithmetic arithmetic) && Enum.IsDefined(arithmetic))
            {
                return arithmetic;
            }
            result.AddError($"--arithmetic: expected exact or ggml, found '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public bool IsAsked(ParseResult parsed) => parsed.GetValue(Layers);

    /// <summary>Compares the native model and the reference op by op; the reference uses ggml's arithmetic.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">The input that both are run on.</param>
    /// <param name="whole">How the whole models' results were compared.</param>
    /// <param name="cancellationToken">Cancels the passes.</param>
    public async Task<LayerFindings> RunAsync(
        ParseResult parsed, IModel native, IModel reference, Prompt prompt, ParityOptions whole, CancellationToken cancellationToken)
    {
        using var bar = new ProgressBar("Looking inside");
        var options = new LayerOptions
        {
            Numerics = whole.Numerics,
            Target = whole.Target,
            Arithmetic = parsed.GetValue(Arithmetic) ?? Engine.Arithmetic.Ggml,
            MemoryBytes = AvailableMemory.Bytes() / 2,
            Progress = bar,
        };
        return await LayerCheck.RunAsync(native, reference, prompt, options, cancellationToken).ConfigureAwait(false);
    }
}
