namespace Engine.Api.Answers;

/// <summary>A streamed answer ended with an error that was sent to the client as an event: all that is left is to abort the connection.</summary>
/// <param name="told">The message that the client was sent.</param>
/// <param name="reason">Why.</param>
internal sealed class BrokenOffException(string told, Exception reason) : Exception(told, reason);
