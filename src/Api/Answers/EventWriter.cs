using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Api.Answers;

/// <summary>Writes events into the body of a response without allocating for each one.</summary>
/// <param name="body">The body.</param>
internal sealed class EventWriter(PipeWriter body) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Bytes written since the last flush.</summary>
    public int Pending { get; private set; }

    /// <summary>A server-sent event.</summary>
    /// <param name="data">Its data.</param>
    /// <param name="type">How the data is written.</param>
    /// <param name="name">Its name; empty for none.</param>
    public void Event<T>(T data, JsonTypeInfo<T> type, ReadOnlySpan<byte> name = default)
    {
        if (!name.IsEmpty)
        {
            Raw("event: "u8);
            Raw(name);
            Raw("\n"u8);
        }
        Raw("data: "u8);
        Json(data, type);
        Raw("\n\n"u8);
    }

    /// <summary>A line of JSON.</summary>
    public void Line<T>(T data, JsonTypeInfo<T> type)
    {
        Json(data, type);
        Raw("\n"u8);
    }

    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        body.Write(bytes);
        Pending += bytes.Length;
    }

    /// <summary>Sends what was written.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        Pending = 0;
        return body.FlushAsync(cancellationToken);
    }

    public void Dispose() => _json.Dispose();

    private void Json<T>(T data, JsonTypeInfo<T> type)
    {
        _json.Reset();
        JsonSerializer.Serialize(_json, data, type);
        _json.Flush();
        Pending += (int)_json.BytesCommitted;
    }
}
