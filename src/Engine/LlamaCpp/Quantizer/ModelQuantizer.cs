using Engine.Gguf;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>Makes smaller copies of models, with formats by llama.cpp's recipes and blocks made by ggml.</summary>
/// <param name="logger">Receives llama.cpp's log.</param>
public sealed class ModelQuantizer(ILogger<ModelQuantizer>? logger = null)
{
    private readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;

    /// <summary>The types that can be asked for, finest first.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. QuantizeType.Names];

    /// <summary>Reads a file and writes a quantized one.</summary>
    /// <param name="options">The input, the output and the type.</param>
    /// <param name="progress">The fraction of the weights done, from 0 to 1; called on the working thread.</param>
    /// <param name="cancellationToken">Takes effect within milliseconds; no part of the output remains.</param>
    /// <exception cref="ConfigurationException">An option is invalid, or the output is the input.</exception>
    /// <exception cref="ModelFileException">The input is not a model, would end the process, or cannot be quantized like this.</exception>
    public async Task<QuantizeResult> QuantizeAsync(QuantizeOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var type = QuantizeType.Find(options.Type);
        using GgufFile input = GgufFile.Open(options.Input);
        GgufPreflight.CheckForLlamaCpp(input);
        QuantizeRules.Check(options, input, type);
        var importance = options.ImportanceMatrix is { } path ? ImportanceMatrix.Read(path) : null;
        LlamaLibrary.Load(options.LibraryPath, _logger);
        NativeGuard.Install();
        cancellationToken.ThrowIfCancellationRequested();
        QuantizePlan plan = await QuantizePlan.MakeAsync(input, type, importance).ConfigureAwait(false);
        QuantizeRules.CheckPlan(options, input, type, plan.Log);
        string target = QuantizeRules.Target(options.Output);
        string written = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            await new QuantizeRun(input, type, plan, importance).RunAsync(written, ThreadCount.Of(options.Threads), progress, cancellationToken).ConfigureAwait(false);
            QuantizeResult result = Describe(input, written, type, plan.Log);
            File.Move(written, target, overwrite: true);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // .NET's message continues with the path of the temporary file: "No space left on device : '/path'".
            throw new ConfigurationException($"Quantizing to '{options.Output}': expected to write there, found: {e.Message.Split(" : '")[0].TrimEnd('.')}. Check the folder's permissions and space.");
        }
        finally
        {
            File.Delete(written);
        }
    }

    private static QuantizeResult Describe(GgufFile input, string path, QuantizeType type, QuantizeLog log)
    {
        using GgufFile output = GgufFile.Open(path);
        return new()
        {
            Type = type.Name,
            InputBytes = input.FileBytes,
            OutputBytes = output.FileBytes,
            BitsPerWeight = 8.0 * output.Tensors.Sum(tensor => tensor.ByteLength) / output.Tensors.Sum(tensor => tensor.Elements),
            Tensors = output.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Count()).ToDictionary(group => group.Key, group => group.Count()),
            Fallbacks = QuantizeFallbacks.Find(output, type, log.Wanted),
        };
    }
}
