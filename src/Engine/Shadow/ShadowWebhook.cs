using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Sends the events of alarms to the configured address.</summary>
/// <param name="logger">Receives the reason it could not be sent.</param>
internal sealed class ShadowWebhook(ILogger logger) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Sends an event; a failure goes to the log.</summary>
    /// <param name="address">The address; null to send nothing.</param>
    /// <param name="alarm">What happened.</param>
    /// <param name="requestId">The request whose check it was.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    public async Task SendAsync(string? address, ShadowAlarmRecord alarm, string requestId, CancellationToken cancellationToken)
    {
        if (address is null)
        {
            return;
        }
        try
        {
            var message = new AlarmMessage(alarm.Model, alarm.Event.ToString().ToLowerInvariant(), alarm.Time, requestId, alarm.Reason);
            using HttpResponseMessage answer = await _client.PostAsJsonAsync(address, message, AlarmJson.Default.AlarmMessage, cancellationToken).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.WebhookFailed(alarm.Model, new Uri(address).GetLeftPart(UriPartial.Path), e.Message); // a query may hold a secret
        }
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>The payload about an alarm.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Event"><c>began</c>, <c>explained</c> or <c>ended</c>.</param>
/// <param name="Time">When.</param>
/// <param name="RequestId">The request whose check it was.</param>
/// <param name="Reason">Why there is an alarm, or that it has ended.</param>
internal sealed record AlarmMessage(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("event")] string Event,
    [property: JsonPropertyName("time")] DateTimeOffset Time,
    [property: JsonPropertyName("request_id")] string RequestId,
    [property: JsonPropertyName("reason")] string Reason);

[JsonSerializable(typeof(AlarmMessage))]
internal sealed partial class AlarmJson : JsonSerializerContext;
