using Engine.Api.Access;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Runs a request that is answered in one piece, for as long as its client is connected and the host is running.</summary>
internal sealed class ModelCalls(ModelAccess models, Gate gate, RunningRequests requests, TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="asked">The model it names; null for the default one.</param>
    /// <param name="work">What the model does for it.</param>
    public async Task<T> RunAsync<T>(HttpContext context, string? asked, Func<ModelCall, Task<T>> work)
    {
        using RunningRequests.Running running = requests.Begin(context.RequestAborted); // includes the wait for the model to load
        string name = models.NameOf(asked);
        IModel model = await models.LeaseAsync(name, context, running.Token).ConfigureAwait(false);
        return await work(new ModelCall(name, model, gate, models.Deadline, time, running.Token)).ConfigureAwait(false);
    }
}

/// <summary>A model at work for a request.</summary>
/// <param name="name">The configured name of the model.</param>
/// <param name="model">The model, loaded or about to be loaded again.</param>
/// <param name="gate">What the configuration allows.</param>
/// <param name="deadline">The time the request may take; null for as long as it needs.</param>
/// <param name="time">The clock.</param>
/// <param name="ended">Cancelled when the client has gone or the host can wait no longer.</param>
internal sealed class ModelCall(string name, IModel model, Gate gate, TimeSpan? deadline, TimeProvider time, CancellationToken ended)
{
    private readonly long _began = time.GetTimestamp();

    public string Name { get; } = name;

    public IModel Model { get; } = model;

    public CancellationToken Ended { get; } = ended;

    /// <summary>A text of the request, checked against the configured limit.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">The field it comes from.</param>
    /// <exception cref="Requests.ApiException">It is too long.</exception>
    public Prompt Check(Prompt text, string field) => gate.Check(text, Model, field);

    /// <summary>What is left of the request's time; null for as long as it needs.</summary>
    /// <exception cref="DeadlineExceededException">No time is left.</exception>
    public TimeSpan? Left() => deadline is not { } all ? null
        : all - time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left
        : throw Late();

    /// <summary>The error of a request that ran out of time.</summary>
    public DeadlineExceededException Late() => new(Model.Card.Name, deadline ?? TimeSpan.Zero);
}
