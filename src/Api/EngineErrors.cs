using Engine.Api.Anthropic;
using Engine.Api.Endpoints;
using Engine.Api.Ollama;
using Engine.Api.OpenAI;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Api;

/// <summary>For a program that serves the engine alone: a request that matches no endpoint gets an error in the same format as one that an endpoint refuses.</summary>
internal static class EngineErrors
{
    public static void UseEngineErrors(this WebApplication app)
    {
        app.UseStatusCodePages(pages => Errors.WriteAsync(pages.HttpContext, DialectOf(pages.HttpContext), Errors.NoEndpoint(pages.HttpContext)));
        // An exception after a response has started aborts its connection, and the web server would log it in full as an unhandled exception (see ServeHost).
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // As in Dialect: every request gets a response, and the log has the details.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await Errors.WriteAsync(context, DialectOf(context), context.RequestServices.GetRequiredService<Errors>().Describe(e)).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Rethrown: this only logs it.
            catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
            {
                context.RequestServices.GetRequiredService<Errors>().BreakOff(context, e);
                throw;
            }
        });
    }

    /// <summary>The dialect of the clients that use such a path, whether or not there is an endpoint.</summary>
    private static IDialect DialectOf(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) ? OllamaDialect.Instance
        : context.Request.Path.StartsWithSegments("/v1/messages", StringComparison.Ordinal) ? AnthropicDialect.Instance
        : OpenAIDialect.Instance;
}
