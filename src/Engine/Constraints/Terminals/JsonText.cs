using System.Text.Json.Serialization;

namespace Engine.Constraints.Terminals;

/// <summary>Strings as JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class JsonText : JsonSerializerContext;
