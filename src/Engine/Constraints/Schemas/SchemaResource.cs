using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>A schema with its own address: the document's root, or a part of it with an <c>$id</c>.</summary>
/// <param name="Root">Its schema.</param>
/// <param name="Path">The JSON pointer to it in the document.</param>
/// <param name="Address">The address that relative references are resolved against.</param>
internal sealed record SchemaResource(JsonElement Root, string Path, Uri Address);
