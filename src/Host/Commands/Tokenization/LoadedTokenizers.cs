using Engine.Registry;
using ReferenceModels;

namespace Engine.Host.Commands.Tokenization;

/// <summary>The tokenizer that was requested, or all: as the model was trained, llama.cpp's own, and the managed one by its rule.</summary>
internal sealed class LoadedTokenizers : IAsyncDisposable
{
    private static readonly (string Backend, TokenizerRule Rule)[] All =
    [
        (ReferenceBackend.BackendName, TokenizerRule.Trained),
        (BackendChoice.Auto, TokenizerRule.Native),
        (ReferenceBackend.BackendName, TokenizerRule.Native),
    ];

    private readonly List<(string Name, IModel Model)> _models = [];
    private readonly List<EngineException> _refusals = [];

    /// <param name="backends">The backends that load the file.</param>
    /// <param name="backend">The backend asked for; null for any.</param>
    /// <param name="rule">The rule asked for; null for any. With neither, all are taken.</param>
    /// <param name="options">How a backend loads the file.</param>
    /// <param name="cancellationToken">Cancels the loading.</param>
    /// <exception cref="EngineException">None of them is available.</exception>
    public static async Task<LoadedTokenizers> LoadAsync(
        Backends backends, string? backend, TokenizerRule? rule, Func<string, TokenizerRule, ModelOptions> options, CancellationToken cancellationToken)
    {
        var loaded = new LoadedTokenizers();
        (string, TokenizerRule) one = (backend ?? BackendChoice.Auto, rule ?? TokenizerRule.Trained);
        foreach ((string name, TokenizerRule by) in backend is null && rule is null ? All : [one])
        {
            try
            {
                IModel model = await backends.LoadAsync(options(name, by), cancellationToken).ConfigureAwait(false);
                loaded._models.Add(($"{by.ToString().ToLowerInvariant()} ({model.Card.Backend})", model));
            }
            catch (EngineException refusal)
            {
                loaded._refusals.Add(refusal);
            }
        }
        return loaded._models.Count > 0 ? loaded : throw loaded._refusals[0];
    }

    /// <summary>Splits a text with each of them.</summary>
    /// <exception cref="EngineException">None of them can split the text.</exception>
    public TextTokens Split(string text, SplitForm form, CancellationToken cancellationToken)
    {
        var answers = new List<Tokenization>();
        List<EngineException> refusals = [.. _refusals];
        foreach ((string name, IModel model) in _models)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                answers.Add(Tokenization.Of(name, model.Tokenizer, text, form));
            }
            catch (EngineException refusal)
            {
                refusals.Add(refusal);
            }
        }
        return answers.Count > 0
            ? new TextTokens(text, answers[0], answers[1..], [.. refusals.Select(refusal => refusal.Message)])
            : throw refusals[0];
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((_, IModel model) in _models)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }
}
