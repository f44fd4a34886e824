using System.Globalization;
using Engine.Gguf;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>Refuses what cannot be quantized before the quantizer begins.</summary>
internal static class QuantizeRules
{
    public static void Check(QuantizeOptions options, GgufFile input, QuantizeType type)
    {
        if (options.Threads < 0)
        {
            throw new ConfigurationException($"Quantizing: expected Threads to be 0 (all cores) or more, found {options.Threads}. Correct the option.");
        }
        CheckOutput(options, input);
        if (input.Tensors.Count == 0)
        {
            throw new ModelFileException($"Quantizing {input.FileName}: expected a model, found only a vocabulary. Give a file with weights.");
        }
        if (!options.AllowRequantize && input.Tensors.FirstOrDefault(tensor => QuantizeFallbacks.IsQuantized(tensor.Type)) is { } quantized)
        {
            throw new ModelFileException(
                $"Quantizing {input.FileName} to {type.Name}: expected F32, F16 or BF16 weights, found '{quantized.Name}' in {quantized.TypeName}. Quantization cannot be undone: use the original file, or allow requantizing (--allow-requantize).");
        }
    }

    /// <summary>The path that is really written. An existing link is kept, and its target is replaced.</summary>
    public static string Target(string output)
    {
        var file = new FileInfo(output);
        try
        {
            return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        catch (IOException e)
        {
            throw new ConfigurationException($"Quantizing to '{output}': expected a file or a link to one, found a link that leads nowhere: {e.Message.TrimEnd('.')}. Name another output.");
        }
    }

    /// <summary>After the dry run.</summary>
    public static void CheckPlan(QuantizeOptions options, GgufFile input, QuantizeType type, QuantizeLog plan)
    {
        if (plan.NeedsImportanceMatrix && options.ImportanceMatrix is null)
        {
            throw new ConfigurationException(
                $"Quantizing {input.FileName} to {type.Name}: expected an importance matrix, because with so few bits the result would be garbage without one, found none. Give one (--imatrix FILE, from llama-imatrix), or take a finer type such as IQ4_XS or Q3_K_M.");
        }
        long header = input.FileBytes - input.Tensors.Sum(tensor => tensor.ByteLength);
        long need = header + input.Tensors.Sum(tensor => GgmlBlock.Of(plan.Planned.GetValueOrDefault(tensor.Name, tensor.Type)).BytesOf(tensor.Elements));
        string folder = Path.GetDirectoryName(Target(options.Output))!;
        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (need > free)
        {
            throw new ConfigurationException(string.Create(CultureInfo.InvariantCulture,
                $"Quantizing {input.FileName} to {type.Name}: expected room for {need:N0} bytes in {folder}, found {free:N0}. Make room, or write elsewhere."));
        }
    }

    private static void CheckOutput(QuantizeOptions options, GgufFile input)
    {
        string expected = $"Quantizing to '{options.Output}': expected";
        if (string.IsNullOrWhiteSpace(options.Output))
        {
            throw new ConfigurationException($"{expected} the path of a file to write, found nothing. Name one.");
        }
        string target = Target(options.Output);
        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            throw new ConfigurationException($"{expected} an existing folder, there is no '{Path.GetDirectoryName(target)}'. Make it first.");
        }
        if (FileIdentity.Of(target) is not { } found)
        {
            return;
        }
        if (!found.IsRegular)
        {
            throw new ConfigurationException($"{expected} a file or nothing, found {(Directory.Exists(target) ? "a folder" : "a device or pipe")}. Name a file in it.");
        }
        if (input.PartPaths.Any(part => FileIdentity.Of(part) == found))
        {
            throw new ConfigurationException($"{expected} another file than the input '{options.Input}', found the same one. Quantizing in place would destroy what is read: name another output.");
        }
    }
}
