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
    public IEndpointConventionBuilder Get<T>(string path, Func<T, RequestDelegate> handler) where T : notnull =>
        Describe(routes.MapGet(path, Guard(handler)));

    /// <summary>An answer to GET, and to HEAD, by which clients ask whether anybody is there.</summary>
    public IEndpointConventionBuilder Page<T>(string path, Func<T, RequestDelegate> handler) where T : notnull =>
        Describe(routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], Guard(handler)));

    public IEndpointConventionBuilder Post<T>(string path, Func<T, RequestDelegate> handler) where T : notnull =>
        Describe(routes.MapPost(path, Guard(handler)));

    private IEndpointConventionBuilder Describe(IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(words);

    // The endpoint's class is looked up with the request: made any earlier, it would ask for options before the host has checked them.
    private RequestDelegate Guard<T>(Func<T, RequestDelegate> handler) where T : notnull =>
        async context =>
        {
            try
            {
                await handler(context.RequestServices.GetRequiredService<T>())(context).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, the client is answered in its dialect, and the log has the details.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await Errors.WriteAsync(context, words, context.RequestServices.GetRequiredService<Errors>().Describe(e)).ConfigureAwait(false);
            }
        };
}
