using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Gguf;

/// <summary>Files in parts, named <c>model-00001-of-00003.gguf</c>. The first part contains the metadata, and each contains the
/// records and data of its own tensors.</summary>
internal static partial class GgufSplit
{
    /// <summary>Opens the parts after the first and returns the tensors of all parts.</summary>
    public static IReadOnlyList<GgufTensor> OpenRest(string path, GgufHeader first, List<MappedFile> parts)
    {
        int count = first.Metadata.GetUInt16(GgufKeys.SplitCount) ?? 1;
        if (count <= 1)
        {
            return first.Tensors;
        }
        string prefix = CheckFirst(path, first.Metadata, count);
        var tensors = new List<GgufTensor>(first.Tensors);
        for (int part = 1; part < count; part++)
        {
            string name = PartPath(prefix, part + 1, count);
            parts.Add(MappedFile.Open(name));
            GgufHeader header = GgufHeader.Read(parts[part], part);
            int number = header.Metadata.GetUInt16(GgufKeys.SplitNumber) ?? 0;
            if (number != part)
            {
                throw header.Metadata.Refuse(GgufKeys.SplitNumber, $"{part}", $"{number}", "The parts are mixed up: copy them again.");
            }
            tensors.AddRange(header.Tensors);
            if (tensors.Count > GgufLimits.Tensors)
            {
                throw header.Metadata.Refuse(GgufKeys.SplitCount, $"at most {GgufLimits.Tensors:N0} tensors in all parts", "more");
            }
        }
        int? expected = first.Metadata.GetInt32(GgufKeys.SplitTensorCount);
        return expected is null || expected == tensors.Count
            ? tensors
            : throw first.Metadata.Refuse(GgufKeys.SplitTensorCount, $"{expected} tensors in the {count} parts", $"{tensors.Count}", "A part is of another model: copy them again.");
    }

    /// <summary>All files of a model, given the name of its first.</summary>
    public static IEnumerable<string> Files(string path) =>
        PartName().Match(path) is { Success: true } name && int.Parse(name.Groups["count"].Value, CultureInfo.InvariantCulture) is > 1 and <= GgufLimits.Parts and var count
            ? Enumerable.Range(1, count).Select(part => PartPath(name.Groups["prefix"].Value, part, count))
            : [path];

    private static string PartPath(string prefix, int part, int count) => $"{prefix}-{part:D5}-of-{count:D5}.gguf";

    private static string CheckFirst(string path, GgufMetadata metadata, int count)
    {
        if (count > GgufLimits.Parts)
        {
            throw metadata.Refuse(GgufKeys.SplitCount, $"at most {GgufLimits.Parts}", $"{count}");
        }
        int number = metadata.GetUInt16(GgufKeys.SplitNumber) ?? 0;
        Match name = PartName().Match(path);
        if (!name.Success || int.Parse(name.Groups["count"].Value, CultureInfo.InvariantCulture) != count)
        {
            throw metadata.Refuse(GgufKeys.SplitCount, $"a file name that ends in -00001-of-{count:D5}.gguf", $"'{Path.GetFileName(path)}'", "Give the parts their names back.");
        }
        return number == 0 && int.Parse(name.Groups["number"].Value, CultureInfo.InvariantCulture) == 1
            ? name.Groups["prefix"].Value
            : throw metadata.Refuse(GgufKeys.SplitNumber, "the first part of a split file", $"part {number + 1}", $"Give '{Path.GetFileName(name.Groups["prefix"].Value)}-00001-of-{count:D5}.gguf' instead.");
    }

    [GeneratedRegex(@"^(?<prefix>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.Singleline)]
    private static partial Regex PartName();
}
