using Engine.Api.Access;
using Engine.Api.Requests;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Runs the generations that a request asks for, while its client is there and the host lives.</summary>
internal sealed class GenerationCalls(ModelAccess models, Gate gate, RunningRequests requests, Verifications verifications, TimeProvider time)
{
    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="asked">The model it names; null for the default one.</param>
    /// <param name="settings">What it asks of each generation.</param>
    /// <param name="ask">What it asks, once the model, its configured name and this client's settings are known.</param>
    /// <param name="answer">Sends the answer.</param>
    public async Task RunAsync(
        HttpContext context, string? asked, GenerationSettings settings, Func<string, IModel, GenerationSettings, Asking> ask, Func<RunningGenerations, Task> answer)
    {
        using RunningRequests.Running running = requests.Begin(context.RequestAborted); // includes the wait for the model to load
        string name = models.NameOf(asked);
        models.CheckAnswers(settings.Answers, name);
        settings = settings.AsMeantBy(context.Request.Headers.UserAgent) with
        {
            MaxTokens = gate.AnswerTokens(settings.MaxTokens),
            AlwaysValid = settings.AlwaysValid || models.EndsWhole,
        };
        IModel model = await models.LeaseAsync(name, context, running.Token).ConfigureAwait(false);
        Asking asking = ask(name, model, settings);
        string? field = settings.Constraint is null ? "tools" : settings.ConstraintField;
        settings = settings with { Constraint = asking.Constraint };
        Prompt[] prompts = [.. asking.Prompts.Select(prompt => gate.Check(prompt, model))];
        models.CheckAnswers(prompts.Length * settings.Answers, name);
        using GenerationVerification? verification = !settings.Verify ? null
            : await verifications.BeginAsync(new ModelCall(name, model, gate, models.Deadline, time, running.Token), prompts, settings).ConfigureAwait(false);
        GenerateRequest[] each = [.. (verification?.Prompts ?? prompts).SelectMany(prompt => settings.For(prompt, model.Card, models.Deadline))];
        IAsyncEnumerable<(int, GeneratedToken)> tokens = SideBySide.GenerateAsync(model, each, running.Token);
        tokens = verification?.WatchAsync(tokens, running.Token) ?? tokens;
        try
        {
            await answer(new RunningGenerations(name, model, each, settings, time.GetUtcNow(), tokens, running.Token) { Asking = asking, Verification = verification }).ConfigureAwait(false);
        }
        catch (InvalidRequestException e) when (e.Property == nameof(GenerateRequest.Constraint))
        {
            throw ApiException.Invalid(e.Message, field);
        }
    }
}

/// <summary>The generations of one request.</summary>
/// <param name="Name">The configured name of the model.</param>
/// <param name="Model">The model.</param>
/// <param name="Requests">The generation requests: those for the first prompt, then those for the next.</param>
/// <param name="Settings">What the request said.</param>
/// <param name="Started">When the request was taken.</param>
/// <param name="Tokens">Each token with the index of its request. Can be enumerated once.</param>
/// <param name="Ended">Cancelled when the client has gone or the host can wait no longer.</param>
internal sealed record RunningGenerations(
    string Name, IModel Model, IReadOnlyList<GenerateRequest> Requests, GenerationSettings Settings, DateTimeOffset Started,
    IAsyncEnumerable<(int Answer, GeneratedToken Token)> Tokens, CancellationToken Ended)
{
    /// <summary>What was asked; the prompts of <see cref="Requests"/> may be these as token ids.</summary>
    public required Asking Asking { get; init; }

    /// <summary>Verifies the tokens as they are read; null if not requested.</summary>
    public GenerationVerification? Verification { get; init; }

    /// <summary>A new separator of the parts of each answer.</summary>
    public AnswerParts[] Parts() =>
        [.. Requests.Select((_, i) => new AnswerParts(Asking.Chat?.NewReader(Asking.Prompts[i / Settings.Answers], Model.Tokenizer)))];
}
