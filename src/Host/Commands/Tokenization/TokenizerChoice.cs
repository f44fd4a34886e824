using Engine.Configuration;
using ReferenceModels;

namespace Engine.Host.Commands.Tokenization;

/// <summary>The tokenizer that was asked for, or llama.cpp's and the reference's.</summary>
internal sealed class TokenizerChoice : IAsyncDisposable
{
    private readonly List<(string Backend, IModel Model)> _models = [];
    private readonly List<EngineException> _refusals = [];

    /// <param name="backends">Where they come from.</param>
    /// <param name="backend">The one asked for; null for both.</param>
    /// <param name="options">How a backend loads the file.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="EngineException">None of them can be had.</exception>
    public static async Task<TokenizerChoice> LoadAsync(
        Backends backends, string? backend, Func<string, ModelOptions> options, CancellationToken cancellationToken)
    {
        var choice = new TokenizerChoice();
        foreach (string name in backend is null ? [BackendChoice.Auto, ReferenceBackend.BackendName] : new[] { backend })
        {
            try
            {
                IModel model = await backends.LoadAsync(options(name), cancellationToken).ConfigureAwait(false);
                choice._models.Add((model.Card.Backend, model));
            }
            catch (EngineException refusal)
            {
                choice._refusals.Add(refusal);
            }
        }
        return choice._models.Count > 0 ? choice : throw choice._refusals[0];
    }

    /// <summary>Splits a text with each of them.</summary>
    /// <exception cref="EngineException">None of them can.</exception>
    public TokenizationPair Split(string text, SplitForm form, CancellationToken cancellationToken)
    {
        var answers = new List<Tokenization>();
        List<EngineException> refusals = [.. _refusals];
        foreach ((string backend, IModel model) in _models)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                answers.Add(Tokenization.Of(backend, model.Tokenizer, text, form));
            }
            catch (EngineException refusal)
            {
                refusals.Add(refusal);
            }
        }
        return answers.Count > 0
            ? new TokenizationPair(text, answers[0], answers.ElementAtOrDefault(1), [.. refusals.Select(refusal => refusal.Message)])
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
