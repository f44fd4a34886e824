using Engine.Api.Access;
using Engine.Api.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Api.Endpoints;

/// <summary>Adds the endpoints of a dialect; their exceptions are answered in its format.</summary>
/// <param name="routes">Receives the endpoints.</param>
/// <param name="words">The dialect.</param>
internal sealed class Dialect(IEndpointRouteBuilder routes, IDialect words)
{
    public IEndpointConventionBuilder Get<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapGet(path, Guard(handler, works: false)), operation);

    /// <summary>Answers GET, and HEAD, which clients use to check that the server is up.</summary>
    public IEndpointConventionBuilder Page<T>(string path, Func<T, RequestDelegate> handler) where T : notnull =>
        routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], Guard(handler, works: false, open: true)).WithMetadata(words);

    public IEndpointConventionBuilder Post<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapPost(path, Guard(handler, works: true)), operation);

    /// <summary>An endpoint open to everyone, such as a probe: no key, from any machine.</summary>
    public IEndpointConventionBuilder GetOpen<T>(string path, Func<T, RequestDelegate> handler, Operation operation) where T : notnull =>
        Describe(routes.MapGet(path, Guard(handler, works: false, open: true)), operation);

    // Only endpoints with a method are listed in the OpenAPI document.
    private IEndpointConventionBuilder Describe(IEndpointConventionBuilder endpoint, Operation operation) =>
        endpoint.WithMetadata(words, operation, ((RequestDelegate)Nothing).Method).WithGroupName(ApiDocument.Name);

    private static Task Nothing(HttpContext context) => Task.CompletedTask;

    // The endpoint's class is resolved per request: any earlier, it would read options before the host has validated them.
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
                // The client has gone, perhaps mid-request: nobody reads a response, and nothing has failed.
            }
#pragma warning disable CA1031 // Whatever was thrown, the client gets a response in its dialect, and the log has the details.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await Errors.WriteAsync(context, words, context.RequestServices.GetRequiredService<Errors>().Describe(e)).ConfigureAwait(false);
            }
        };
}
