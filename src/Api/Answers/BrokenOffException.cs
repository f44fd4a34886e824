namespace Engine.Api.Answers;

/// <summary>A streamed answer ended with an error that its client was sent as an event: all that is left is to break off the connection.</summary>
internal sealed class BrokenOffException(Exception reason) : Exception(reason.Message, reason);
