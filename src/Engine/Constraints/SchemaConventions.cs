namespace Engine.Constraints;

/// <summary>What a schema's author means by it beyond the standard.</summary>
/// <param name="Descriptions">As <see cref="JsonSchemaConstraint.ReadsDescriptions"/>.</param>
/// <param name="LocalTimes">As <see cref="JsonSchemaConstraint.LocalTimes"/>.</param>
internal readonly record struct SchemaConventions(bool Descriptions, bool LocalTimes)
{
    public static SchemaConventions Of(JsonSchemaConstraint constraint) => new(constraint.ReadsDescriptions, constraint.LocalTimes);
}
