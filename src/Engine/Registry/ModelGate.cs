using Engine.Parity;
using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>Checks a model before it serves, as <c>engine validate</c> does.</summary>
/// <param name="lease">Leases a configured model.</param>
/// <param name="backends">One of them may be the managed reference.</param>
/// <param name="logger">Receives the verdict.</param>
internal sealed class ModelGate(Func<string, CancellationToken, ValueTask<IModel>> lease, IEnumerable<IModelBackend> backends, ILogger logger)
{
    /// <summary>Compares a model with its oracle.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="model">Loaded, but not serving yet.</param>
    /// <param name="options">What it was loaded with.</param>
    /// <param name="asked">What it must pass.</param>
    /// <param name="stop">Cancels the comparison.</param>
    /// <exception cref="GateException">It does not pass.</exception>
    /// <exception cref="EngineException">The two could not be compared.</exception>
    public async Task PassAsync(string name, IModel model, ModelOptions options, GateOptions asked, CancellationToken stop)
    {
        bool byReference = OracleNames.IsReference(asked.Oracle);
        if (byReference && OracleNames.IsReference(model.Card.Backend))
        {
            logger.CannotBeJudged(name);
            return;
        }
        IModel oracle = byReference ? await ReferenceOracle.LoadAsync(backends, options, model.Card, stop).ConfigureAwait(false) : await lease(asked.Oracle, stop).ConfigureAwait(false);
        await using (oracle.ConfigureAwait(false))
        {
            string? text = asked.File is { } file ? await File.ReadAllTextAsync(file, stop).ConfigureAwait(false) : asked.Text;
            Prompt prompt = text is null ? ComparisonText.ChooseDefault(ComparisonText.General, model, oracle) : ComparisonText.Choose(text, model, oracle);
            var parity = new ParityOptions { Numerics = asked.Numerics, Tolerance = asked.Nmse is { } limit ? Tolerance.OfUser(limit) : null };
            // Only the reference computes in ggml's arithmetic, too.
            ParityReport report = parity.Tolerance is null && OracleNames.IsReference(oracle.Card.Backend)
                ? await SecondOpinion.RunAsync(model, oracle, prompt, parity, stop).ConfigureAwait(false)
                : await ParityCheck.RunAsync(model, oracle, prompt, parity, stop).ConfigureAwait(false);
            if (report.Verdict != ParityVerdict.Pass)
            {
                throw new GateException(
                    $"Judging the model '{name}' by '{asked.Oracle}': expected {model.Card.Path} to pass, found that {report.Explanation}. "
                    + $"Give it another file, or set {EngineOptions.SectionName}:Models:{name}:Gate:{nameof(GateOptions.Nmse)} to the distance that you accept.");
            }
            logger.PassedGate(name, asked.Oracle, report.Explanation);
        }
    }
}
