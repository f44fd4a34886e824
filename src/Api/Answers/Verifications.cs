using Engine.Api.Requests;
using Engine.Parity;
using Engine.Registry;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Verifies generations against the reference, which is loaded beside a model on first use and kept.</summary>
internal sealed class Verifications(IEnumerable<IModelBackend> backends, TimeProvider time) : IAsyncDisposable
{
    private const string ReferenceBackend = "reference";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Reference> _references = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _disposal = new();
    private long _kept;

    /// <summary>Prepares the verification of a request's answers.</summary>
    /// <param name="call">The model, and the time that the request may take.</param>
    /// <param name="prompts">The request's prompts.</param>
    /// <param name="settings">What is asked of each generation.</param>
    /// <exception cref="ApiException">There is no reference for the model, or too much is being verified.</exception>
    /// <exception cref="InvalidRequestException">The logits of that many tokens would fill the memory.</exception>
    public async Task<GenerationVerification> BeginAsync(ModelCall call, IReadOnlyList<Prompt> prompts, GenerationSettings settings)
    {
        (string name, IModel model) = (call.Name, call.Model);
        int answers = prompts.Count * settings.Answers;
        long bytes = Verification.RequireRoom(model.Card, settings.MaxTokens, answers, "max_tokens");
        ModelVersion reference = await EnterReferenceAsync(name, model, call.Ended).ConfigureAwait(false);
        bool fits = Interlocked.Add(ref _kept, bytes) <= Verification.MaxBytes;
        try
        {
            return fits ? new GenerationVerification([.. prompts.Select(prompt => new Verification(model, reference.Model, prompt, Numerics.Production))], settings, call, End) : throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"Verifying answers of '{name}': as much is being verified already as the memory is to hold. Send the request again later, or with a smaller 'max_tokens'.",
                "verify", "verification_full");
        }
        catch
        {
            End();
            throw;
        }

        void End()
        {
            Interlocked.Add(ref _kept, -bytes);
            reference.Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        Reference[] references;
        lock (_lock)
        {
            references = [.. _references.Values];
            _references.Clear();
        }
        foreach (Reference reference in references)
        {
            await reference.DisposeAsync().ConfigureAwait(false);
        }
        _disposal.Dispose();
    }

    /// <summary>The reference for the model that a request runs on, leased for it. A model that has changed gets a new one.</summary>
    private async Task<ModelVersion> EnterReferenceAsync(string name, IModel model, CancellationToken ended)
    {
        while (true)
        {
            ModelVersion version = await ReferenceAsync(name, model).WaitAsync(ended).ConfigureAwait(false);
            if (version.TryEnter())
            {
                return version;
            }
        }
    }

    private Task<ModelVersion> ReferenceAsync(string name, IModel model)
    {
        ModelCard card = model.Card;
        if (StrictSection.Same(card.Backend, ReferenceBackend))
        {
            throw ApiException.Invalid(
                $"Reading the field 'verify': '{name}' runs on the reference itself, which nothing here can judge. Leave the field out.", "verify");
        }
        IModelBackend backend = backends.LastOrDefault(backend => StrictSection.Same(backend.Name, ReferenceBackend)) ?? throw ApiException.Invalid(
            $"Reading the field 'verify': expected the backend '{ReferenceBackend}' to judge by, found {string.Join(", ", backends.Select(backend => backend.Name))}. "
            + $"{MissingBackend.Hint(ReferenceBackend)} Or leave the field out.", "verify");
        ModelOptions options = ReferenceOracle.Beside(((ModelLease)model).Options, card);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposal.IsCancellationRequested, this);
            if (_references.TryGetValue(name, out Reference? held) && !held.HasFailed && ModelChange.GivesSame(held.Options, options))
            {
                return held.Loading;
            }
            held?.Retire();
            _references[name] = held = new Reference(options, Task.Run(() => LoadAsync(name, backend, options)));
            return held.Loading;
        }
    }

    private async Task<ModelVersion> LoadAsync(string name, IModelBackend backend, ModelOptions options)
    {
        try
        {
            var stamp = FileStamp.Of(options);
            return new ModelVersion(await backend.LoadAsync(options, cancellationToken: _disposal.Token).ConfigureAwait(false), options, stamp, time);
        }
        catch (EngineException e) when (e is not InsufficientMemoryException)
        {
            throw ApiException.Invalid($"Reading the field 'verify': the reference cannot load '{name}'. {e.Message}", "verify");
        }
    }

    /// <summary>The reference of one model.</summary>
    /// <param name="Options">What it is loaded with.</param>
    /// <param name="Loading">Completes when it is loaded.</param>
    private sealed record Reference(ModelOptions Options, Task<ModelVersion> Loading) : IAsyncDisposable
    {
        public bool HasFailed => Loading is { IsCompleted: true, IsCompletedSuccessfully: false };

        /// <summary>Unloads it once the verifications in progress have ended.</summary>
        public void Retire() => Loading.ContinueWith(
            async loading =>
            {
                await loading.Result.CloseAsync().ConfigureAwait(false);
                await loading.Result.DisposeAsync().ConfigureAwait(false);
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

        public async ValueTask DisposeAsync()
        {
            await ((Task)Loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Loading.IsCompletedSuccessfully)
            {
                await Loading.Result.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
