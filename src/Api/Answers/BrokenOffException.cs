namespace Engine.Api.Answers;

/// <summary>A streamed answer ended with an error that its client was sent as an event: all that is left is to break off the connection.</summary>
/// <param name="told">What the client was told.</param>
/// <param name="reason">Why.</param>
internal sealed class BrokenOffException(string told, Exception reason) : Exception(told, reason);
