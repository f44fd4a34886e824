using Engine.Api.Requests;
using Engine.Parity;
using Engine.Registry;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Judges generations by the reference, which is loaded beside a model when it is first asked for and kept.</summary>
internal sealed class Verifications(ModelAccess models, IEnumerable<IModelBackend> backends) : IAsyncDisposable
{
    private const string ReferenceBackend = "reference";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<IModel>> _references = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _disposal = new();
    private long _kept;

    /// <summary>Prepares the verification of a request's answers.</summary>
    /// <param name="call">The model, and the time that the request may take.</param>
    /// <param name="prompts">The request's prompts.</param>
    /// <param name="settings">What is asked of each generation.</param>
    /// <exception cref="ApiException">There is no reference for the model, or too much is being verified.</exception>
    /// <exception cref="InvalidRequestException">The logits of so many tokens would fill the memory.</exception>
    public async Task<GenerationVerification> BeginAsync(ModelCall call, IReadOnlyList<Prompt> prompts, GenerationSettings settings)
    {
        (string name, IModel model) = (call.Name, call.Model);
        int answers = prompts.Count * settings.Answers;
        long bytes = Verification.RequireRoom(model.Card, settings.MaxTokens, answers, "max_tokens");
        IModel reference = await ReferenceAsync(name, model.Card).WaitAsync(call.Ended).ConfigureAwait(false);
        Verification[] each = [.. prompts.Select(prompt => new Verification(model, reference, prompt, Numerics.Production))];
        if (Interlocked.Add(ref _kept, bytes) > Verification.MostBytes)
        {
            Interlocked.Add(ref _kept, -bytes);
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"Verifying answers of '{name}': as much is being verified already as the memory is to hold. Send the request again later, or with a smaller 'max_tokens'.",
                "verify", "verification_full");
        }
        return new GenerationVerification(each, settings, call, () => Interlocked.Add(ref _kept, -bytes));
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        Task<IModel>[] references;
        lock (_lock)
        {
            references = [.. _references.Values];
            _references.Clear();
        }
        foreach (Task<IModel> loading in references)
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully)
            {
                await loading.Result.DisposeAsync().ConfigureAwait(false);
            }
        }
        _disposal.Dispose();
    }

    private Task<IModel> ReferenceAsync(string name, ModelCard card)
    {
        if (StrictSection.Same(card.Backend, ReferenceBackend))
        {
            throw ApiException.Invalid(
                $"Reading the field 'verify': '{name}' runs on the reference itself, which nothing here can judge. Leave the field out.", "verify");
        }
        IModelBackend backend = backends.LastOrDefault(backend => StrictSection.Same(backend.Name, ReferenceBackend)) ?? throw ApiException.Invalid(
            $"Reading the field 'verify': expected the backend '{ReferenceBackend}' to judge by, found {string.Join(", ", backends.Select(backend => backend.Name))}. "
            + $"{MissingBackend.Remedy(ReferenceBackend)} Or leave the field out.", "verify");
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposal.IsCancellationRequested, this);
            if (!_references.TryGetValue(name, out Task<IModel>? loading) || loading is { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                ModelOptions options = models.OptionsOf(name) with { Backend = ReferenceBackend, Device = "cpu", ContextLength = card.ContextLength, Slots = 1, CacheTokens = 0 };
                _references[name] = loading = Task.Run(() => LoadAsync(name, backend, options));
            }
            return loading;
        }
    }

    private async Task<IModel> LoadAsync(string name, IModelBackend backend, ModelOptions options)
    {
        try
        {
            return await backend.LoadAsync(options, cancellationToken: _disposal.Token).ConfigureAwait(false);
        }
        catch (EngineException e) when (e is not InsufficientMemoryException)
        {
            throw ApiException.Invalid($"Reading the field 'verify': the reference cannot load '{name}'. {e.Message}", "verify");
        }
    }
}
