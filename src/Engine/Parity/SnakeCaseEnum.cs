using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>Writes <c>MaxAbsDiff</c> as <c>max_abs_diff</c>, whatever the serializer's own options are.</summary>
internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
