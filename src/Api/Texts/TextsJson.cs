using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.Texts;

/// <summary>Requests and answers about given texts.</summary>
[JsonSerializable(typeof(TokenizeRequest))]
[JsonSerializable(typeof(TokenizedText))]
[JsonSerializable(typeof(DetokenizeRequest))]
[JsonSerializable(typeof(DetokenizedText))]
[JsonSerializable(typeof(RerankRequest))]
[JsonSerializable(typeof(Ranking))]
[JsonSerializable(typeof(ScoringRequest))]
[JsonSerializable(typeof(Scoring))]
internal sealed partial class TextsJson : JsonSerializerContext
{
    public static TextsJson Api { get; } = new(ApiJson.Options());
}
