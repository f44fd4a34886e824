namespace Engine.Api.Service;

/// <summary>The host is stopping and cannot take or finish the request.</summary>
internal sealed class ServerStoppingException() : EngineException("Taking a request: the server is stopping. Send the request again when it is back.");
