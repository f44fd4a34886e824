using Engine.Remote.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Engine.Remote.Server;

/// <summary>Refuses a call before the service sees it.</summary>
internal static class CallRefusal
{
    /// <summary>With a typed error of the contract.</summary>
    public static Task WriteAsync(HttpContext context, EngineException reason) => WriteAsync(context, Failures.ToRpc(reason));

    /// <summary>Because its key is missing or wrong: the client knows what to do about it.</summary>
    public static Task WriteUnauthenticatedAsync(HttpContext context, string sentence) =>
        WriteAsync(context, new RpcException(new Status(StatusCode.Unauthenticated, sentence)));

    // A trailers-only response, whose trailers are sent as headers.
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
