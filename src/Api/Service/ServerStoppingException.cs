namespace Engine.Api.Service;

/// <summary>The host stops and does not take or end the request.</summary>
internal sealed class ServerStoppingException() : EngineException("Taking a request: the server is stopping. Send the request again when it is back.");
