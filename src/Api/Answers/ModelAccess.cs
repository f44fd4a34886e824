using Engine.Api.Requests;
using Engine.Api.Service;
using Engine.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Engine.Api.Answers;

/// <summary>The configured models, for requests that name one.</summary>
internal sealed class ModelAccess(ModelRegistry models, IEnumerable<IModelBackend> backends, IOptions<ServeOptions> serve)
{
    /// <summary>The configured names; the default model's comes first.</summary>
    public IReadOnlyList<string> Names => models.Names;

    /// <summary>The time a request may take; null for as long as it needs.</summary>
    public TimeSpan? Deadline => serve.Value.DeadlineSeconds > 0 ? TimeSpan.FromSeconds(serve.Value.DeadlineSeconds) : null;

    /// <summary>Whether every constrained answer ends complete, even if not requested.</summary>
    public bool EndsWhole => serve.Value.AlwaysValid;

    /// <summary>A model's configuration.</summary>
    public ModelOptions OptionsOf(string name) => models.OptionsOf(name);

    /// <summary>The backend that runs a model, or will: for <c>auto</c>, the one it stands for here. In a process of its own a model has the same one.</summary>
    public string BackendOf(string name)
    {
        string[] registered = [.. backends.Select(backend => backend.Name)];
        string chosen = BackendChoice.Of(models.OptionsOf(name) with { Isolation = Isolation.None }, registered).Name;
        return registered.FirstOrDefault(backend => StrictSection.Same(backend, chosen)) ?? chosen; // as the backend spells it
    }

    /// <summary>Whether a model can take requests.</summary>
    public ModelStatus StatusOf(string name) => models.StatusOf(name);

    /// <summary>The time until a loaded model is unloaded if it gets no request; null if it is kept.</summary>
    public TimeSpan? TimeLeftOf(string name) => models.TimeLeftOf(name);

    /// <summary>The configured name of the model that a request names; null stands for the default one.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public string NameOf(string? asked) => asked is null ? models.Names[0] : models.Names.FirstOrDefault(known => StrictSection.Same(known, asked)) ?? throw new ApiException(
        StatusCodes.Status404NotFound, $"There is no model '{asked}'. There are {string.Join(", ", models.Names)}.", "model", "model_not_found");

    /// <summary>The card of a loaded model; null for others. Reading it does not count as using the model.</summary>
    public async ValueTask<ModelCard?> CardAsync(string name, CancellationToken cancellationToken) =>
        models.StatusOf(name).State is ModelState.Ready or ModelState.Degraded ? (await models.GetAsync(name, cancellationToken).ConfigureAwait(false)).Card : null;

    /// <summary>A model that takes requests, leased until the request has been answered. One that is not loaded, or has failed, is loaded; but
    /// while the host starts, the request does not wait for that.</summary>
    /// <param name="name">Its configured name.</param>
    /// <param name="context">The request.</param>
    /// <param name="ended">Ends the wait: the client has gone, or the host can wait no longer.</param>
    /// <exception cref="ApiException">There is no model of that name, or the host is still starting and has not loaded it.</exception>
    public async ValueTask<IModel> LeaseAsync(string name, HttpContext context, CancellationToken ended)
    {
        if (models.StatusOf(name) is { IsStarting: true, State: not ModelState.Failed })
        {
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable, $"Taking a request: the model '{name}' is still loading. Send the request again in a moment.",
                code: "model_loading");
        }
        IModel model = await models.LeaseAsync(name, ended).ConfigureAwait(false);
        context.Response.RegisterForDisposeAsync(model);
        return model;
    }

    /// <summary>Each answer takes a place in the model's queue. What can never fit is the client's error, and retrying does not help.</summary>
    /// <exception cref="ApiException">There are more answers than places.</exception>
    public void CheckAnswers(int answers, string name)
    {
        ModelOptions model = OptionsOf(name);
        long most = (long)model.Slots + model.Queue;
        if (answers > most)
        {
            throw ApiException.Invalid($"Reading the field 'n': the model '{name}' runs {model.Slots} answers at a time and lets {model.Queue} wait (Slots, Queue), "
                + $"found {answers}. Ask for at most {most}.", "n");
        }
    }
}
