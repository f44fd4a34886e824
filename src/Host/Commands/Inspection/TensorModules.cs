using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>The tensors of any architecture as a tree of their own names; numbered neighbours that are alike are
/// printed once.</summary>
internal static class TensorModules
{
    public static Module Of(GgufFile file) =>
        Branch(file.Metadata.RequireString(GgufKeys.Architecture), [.. file.Tensors.Select(tensor => (tensor.Name.Split('.'), tensor))]);

    private static Module Branch(string text, IReadOnlyList<(string[] Path, GgufTensor Tensor)> tensors)
    {
        var parts = new List<(string Name, Module Module)>();
        var groups = tensors.GroupBy(tensor => tensor.Path[0]).ToList();
        for (int i = 0; i < groups.Count; i++)
        {
            var numbered = groups.Skip(i).TakeWhile(group => group.Key.Length > 0 && group.Key.All(char.IsAsciiDigit)).ToList();
            if (numbered.Count > 1)
            {
                parts.AddRange(Numbered(numbered));
                i += numbered.Count - 1;
                continue;
            }
            parts.Add((groups[i].Key, Part("", [.. groups[i]])));
        }
        return new Module(text, parts);
    }

    private static IEnumerable<(string, Module)> Numbered(List<IGrouping<string, (string[] Path, GgufTensor Tensor)>> groups)
    {
        Module list = Module.List("", groups.Select(group => Part("Block", [.. group])));
        return list.Children;
    }

    /// <summary>One tensor, or several that differ only in the last part of their names, on one line; otherwise a branch.</summary>
    private static Module Part(string text, IReadOnlyList<(string[] Path, GgufTensor Tensor)> tensors) => tensors switch
    {
        [{ Path.Length: 1, Tensor: { } tensor }] => new Module(Describe(tensor)),
        _ when tensors.All(tensor => tensor.Path.Length == 2 && !char.IsAsciiDigit(tensor.Path[1].FirstOrDefault())) && text.Length == 0 && tensors.Count <= 2 =>
            new Module(string.Join(", ", tensors.Select(tensor => $"{tensor.Path[1]} {Describe(tensor.Tensor)}"))),
        _ => Branch(text, [.. tensors.Select(tensor => (tensor.Path.Length > 1 ? tensor.Path[1..] : [""], tensor.Tensor))]),
    };

    private static string Describe(GgufTensor tensor) => $"{tensor.TypeName} {tensor.ShapeText}";
}
