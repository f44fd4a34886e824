using System.Text;

namespace Engine.Host.Commands.Inspection;

/// <summary>A node of a module tree. With children it prints as <c>Name(</c>, the children, <c>)</c>; without, as its text.</summary>
/// <param name="Text">A leaf whole, such as <c>Linear(in_features=64, out_features=8, bias=False)</c>, or a node's name.</param>
/// <param name="Children">The named parts.</param>
internal sealed record Module(string Text, IReadOnlyList<(string Name, Module Module)> Children)
{
    public Module(string text) : this(text, []) { }

    /// <summary>Prints as PyTorch's <c>nn.Module</c> does, two blanks a level.</summary>
    public string Print()
    {
        var text = new StringBuilder();
        Print(text, 0, "");
        return text.ToString();
    }

    /// <summary>A list whose identical neighbours are printed once, as <c>(0-15): 16 x Name(</c>.</summary>
    public static Module List(string name, IEnumerable<Module> items)
    {
        var groups = new List<(string Name, Module Module)>();
        int first = 0;
        Module[] modules = [.. items];
        string[] printed = [.. modules.Select(module => module.Print())];
        for (int i = 1; i <= modules.Length; i++)
        {
            if (i == modules.Length || printed[i] != printed[first])
            {
                int count = i - first;
                groups.Add(count == 1
                    ? ($"{first}", modules[first])
                    : ($"{first}-{i - 1}", modules[first] with { Text = $"{count} x {modules[first].Text}" }));
                first = i;
            }
        }
        return new Module(name, groups);
    }

    private void Print(StringBuilder text, int indent, string name)
    {
        text.Append(' ', indent).Append(name).Append(Text);
        if (Children.Count > 0)
        {
            text.Append("(\n");
            foreach ((string child, Module module) in Children)
            {
                module.Print(text, indent + 2, $"({child}): ");
            }
            text.Append(' ', indent).Append(')');
        }
        text.Append('\n');
    }
}
