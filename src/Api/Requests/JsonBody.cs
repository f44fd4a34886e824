using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Requests;

/// <summary>Reads the body of a request as one JSON object of a known type. Anything else is refused with a message that names the field.</summary>
internal static class JsonBody
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <exception cref="ApiException">The body is not UTF-8, not JSON, or not such an object.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) where T : class
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            try
            {
                return Parse(read.Buffer, type);
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }
        }
    }

    /// <summary>Parses a body.</summary>
    internal static T Parse<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type) where T : class
    {
        ReadOnlyMemory<byte> bytes = body.IsSingleSegment ? body.First : body.ToArray();
        // The serializer validates the bytes of a string only on access, and reports them as half a character.
        if (!Utf8.IsValid(bytes.Span))
        {
            throw NotUtf8(bytes.Span);
        }
        bytes = bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        try
        {
            T request = Deserialize(bytes, type);
            CheckSurrogates(bytes.Span);
            return request;
        }
        catch (InvalidOperationException)
        {
            CheckSurrogates(bytes.Span);
            throw;
        }
    }

    private static T Deserialize<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, type) ?? throw NoObject("null");
        }
        catch (JsonException e)
        {
            throw JsonMistake.Describe(json, e, type);
        }
    }

    // Valid JSON, but not valid text: the serializer reports it only for strings. Names, and values kept as JSON, become text later, where
    // nothing says that the client is to blame.
    private static void CheckSurrogates(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0)
        {
            return;
        }
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            try
            {
                _ = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped ? reader.GetString() : null;
            }
            catch (InvalidOperationException)
            {
                throw ApiException.Invalid(
                    $"Reading the request's body: expected text, found half a surrogate pair in the text at offset {reader.TokenStartIndex}. Escape both halves.");
            }
        }
    }

    public static ApiException NoObject(string found) => ApiException.Invalid($"Reading the request's body: expected a JSON object, found {found}.");

    private static ApiException NotUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _ = Strict.GetCharCount(bytes);
        }
        catch (DecoderFallbackException e)
        {
            return ApiException.Invalid(
                $"Reading the request's body: expected UTF-8, found the byte 0x{e.BytesUnknown![0]:X2} at offset {e.Index}. Send the body as UTF-8.");
        }
        return ApiException.Invalid("Reading the request's body: expected UTF-8. Send the body as UTF-8.");
    }
}
