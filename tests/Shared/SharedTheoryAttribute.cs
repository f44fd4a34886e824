namespace Tests.Shared;

/// <summary>A theory about files in <see cref="SharedFolder"/>; skipped, with the reason, where the folder is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute() => Skip = SharedFolder.SkipReason;
}
