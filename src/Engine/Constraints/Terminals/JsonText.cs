using System.Text.Json.Serialization;

namespace Engine.Constraints.Terminals;

/// <summary>Writes strings as JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class JsonText : JsonSerializerContext;
