using Engine.Remote.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Engine.Remote.Server;

/// <summary>Refuses a call before the service sees it.</summary>
internal static class CallRefusal
{
    /// <summary>With a typed error of the contract.</summary>
    public static Task WriteAsync(HttpContext context, EngineException reason) => WriteAsync(context, Failures.ToRpc(reason));

    /// <summary>Since its key is missing or wrong: what to do about it, the client knows.</summary>
    public static Task WriteUnauthenticatedAsync(HttpContext context, string sentence) =>
        WriteAsync(context, new RpcException(new Status(StatusCode.Unauthenticated, sentence)));

    // An answer of trailers alone, which are headers then.
    private static Task WriteAsync(HttpContext context, RpcException e)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)e.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(e.Status.Detail);
        foreach (Metadata.Entry entry in e.Trailers)
        {
            context.Response.Headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        }
        return context.Response.CompleteAsync();
    }
}
