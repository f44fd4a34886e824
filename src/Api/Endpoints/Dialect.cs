using Engine.Api.Access;
using Engine.Api.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Api.Endpoints;

/// <summary>Adds the endpoints of a dialect; what they throw is answered in its words.</summary>
/// <param name="routes">Where they are added.</param>
/// <param name="words">The dialect.</param>
internal sealed class Dialect(IEndpointRouteBuilder routes, IDialect words)
{
    public IEndpointConventionBuilder Get<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapGet(path, Guard(handler, works: false)), operation);

    /// <summary>An answer to GET, and to HEAD, by which clients ask whether anybody is there.</summary>
    public IEndpointConventionBuilder Page<T>(string path, Func<T, RequestDelegate> handler) where T : notnull =>
        routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], Guard(handler, works: false, open: true)).WithMetadata(words);

    public IEndpointConventionBuilder Post<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapPost(path, Guard(handler, works: true)), operation);

    /// <summary>An endpoint for everybody, such as a probe: without a key, and from any machine.</summary>
    public IEndpointConventionBuilder GetOpen<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapGet(path, Guard(handler, works: false, open: true)), operation);

    // Endpoints stand in the OpenAPI document that have a method.
    private IEndpointConventionBuilder Describe(IEndpointConventionBuilder endpoint, Operation operation) =>
        endpoint.WithMetadata(words, operation, ((RequestDelegate)Nothing).Method).WithGroupName(ApiDocument.Name);

    private static Task Nothing(HttpContext context) => Task.CompletedTask;

    // The endpoint's class is looked up with the request: made any earlier, it would ask for options before the host has checked them.
    private RequestDelegate Guard<T>(Func<T, RequestDelegate> handler, bool works, bool open = false) where T : notnull =>
        async context =>
        {
            try
            {
                if (!open)
                {
                    context.RequestServices.GetRequiredService<Gate>().Enter(context, works);
                }
                await handler(context.RequestServices.GetRequiredService<T>())(context).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
            {
                // The client has gone, perhaps in the middle of its request: nobody reads an answer, and nothing has failed.
            }
#pragma warning disable CA1031 // Whatever it is, the client is answered in its dialect, and the log has the details.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await Errors.WriteAsync(context, words, context.RequestServices.GetRequiredService<Errors>().Describe(e)).ConfigureAwait(false);
            }
        };
}
