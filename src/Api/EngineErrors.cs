using Engine.Api.Endpoints;
using Engine.Api.OpenAI;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Api;

/// <summary>For a program that serves the engine alone: what no endpoint answered is told in the same shape as what one refused.</summary>
internal static class EngineErrors
{
    public static void UseEngineErrors(this WebApplication app)
    {
        app.UseStatusCodePages(pages => Errors.WriteAsync(pages.HttpContext, OpenAIDialect.Instance, Errors.NoEndpoint(pages.HttpContext)));
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // As in Dialect: every request is answered, and the log has the details.
            catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
            {
                await Errors.WriteAsync(context, OpenAIDialect.Instance, context.RequestServices.GetRequiredService<Errors>().Describe(e)).ConfigureAwait(false);
            }
        });
    }
}
