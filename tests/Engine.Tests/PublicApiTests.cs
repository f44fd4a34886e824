using System.Reflection;
using System.Text;

namespace Engine.Tests;

/// <summary>The public surface is reviewed text: a change of it is a diff of PublicApi.txt.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_one_that_was_reviewed()
    {
        string actual = Describe(typeof(IModel).Assembly);
        string reviewed = Path.Combine(SharedFolder.Checkout, "tests", "Engine.Tests", "PublicApi.txt");
        string found = Path.Combine(SharedFolder.Checkout, "artifacts", "PublicApi.txt");
        File.WriteAllText(found, actual);
        Assert.True(File.Exists(reviewed) && File.ReadAllText(reviewed) == actual,
            $"The public surface of Engine changed. Review it, then: cp {found} {reviewed}");
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            IEnumerable<string> members = type
                .GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(m => m is not MethodInfo { IsSpecialName: true } && m is not Type && !IsOfRecord(m))
                .Select(m => $"  {m}")
                .Distinct()
                .Order(StringComparer.Ordinal);
            foreach (string member in members)
            {
                text.Append(member).Append('\n');
            }
        }
        return text.ToString();
    }

    /// <summary>What the compiler adds to each record says nothing about our decisions.</summary>
    private static bool IsOfRecord(MemberInfo member) =>
        member.Name is "<Clone>$" or "Equals" or "GetHashCode" or "ToString" or "Deconstruct" or "op_Equality" or "op_Inequality";
}
