namespace Engine.Constraints;

/// <summary>Conventions beyond the standard by which a schema was written.</summary>
/// <param name="Descriptions">As <see cref="JsonSchemaConstraint.ReadsDescriptions"/>.</param>
/// <param name="LocalTimes">As <see cref="JsonSchemaConstraint.LocalTimes"/>.</param>
internal readonly record struct SchemaConventions(bool Descriptions, bool LocalTimes)
{
    public static SchemaConventions Of(JsonSchemaConstraint constraint) => new(constraint.ReadsDescriptions, constraint.LocalTimes);
}
