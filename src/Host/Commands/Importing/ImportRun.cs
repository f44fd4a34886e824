using System.Diagnostics;
using Engine.Gguf;
using Engine.HuggingFace;
using Engine.LlamaCpp.Quantizer;
using Engine.Parity;

namespace Engine.Host.Commands.Importing;

/// <summary>One import: read, written beside the output, proved, quantized if asked, and only then under the output's name. A file that fails
/// the proof gets another name, so that nothing that serves the output loads it by mistake.</summary>
/// <param name="backends">Run the proof.</param>
/// <param name="folder">Hugging Face's folder.</param>
/// <param name="output">The GGUF file.</param>
internal sealed class ImportRun(Backends backends, string folder, string output)
{
    // The suffix of a file that failed.
    private const string Rejected = ".rejected";

    /// <summary>The type asked for; null for the one that the checkpoint stores.</summary>
    public string? Type { get; init; }

    /// <summary>Whether the file is proved.</summary>
    public bool Proves { get; init; } = true;

    /// <summary>0 for one per core.</summary>
    public int Threads { get; init; }

    /// <summary>The user's own llama.cpp.</summary>
    public string? LibraryPath { get; init; }

    /// <exception cref="EngineException">The folder cannot be imported; nothing is written.</exception>
    public async Task<ImportReport> RunAsync(CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        QuantizeType? asked = Type is null ? null : QuantizeType.Find(Type);
        GgmlType? plain = asked?.Default is GgmlType.F32 or GgmlType.F16 or GgmlType.BF16 ? asked.Default : null;
        using ModelImport import = ModelImport.Open(folder, plain);
        string target = Path.GetFullPath(QuantizeRules.Target(output));
        string written = $"{target}.{Path.GetRandomFileName()}.tmp", quantized = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (var bar = new ProgressBar($"Importing {import.Folder.Name}"))
            {
                await Task.Run(() => import.Write(written, bar, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
            var proof = new ImportProof(backends, import, (path, backend) => Options(path, backend, import.Plan.Settings.Positions));
            if (Proves)
            {
                await proof.RunAsync(written, cancellationToken).ConfigureAwait(false);
            }
            string result = written;
            if (asked is not null && plain is null && proof.Verdict != ParityVerdict.Fail)
            {
                await QuantizeAsync(written, quantized, asked, cancellationToken).ConfigureAwait(false);
                result = quantized;
                if (Proves)
                {
                    await proof.RunQuantizedAsync(quantized, cancellationToken).ConfigureAwait(false);
                }
            }
            string ending = Proves && proof.Verdict == ParityVerdict.Fail ? Rejected : "";
            ImportReport report = Describe(import, proof, result, begin) with { Output = output + ending };
            cancellationToken.ThrowIfCancellationRequested();
            File.Move(result, target + ending, overwrite: true);
            return report;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"Writing the model '{output}': {SystemRefusal.Describe(e)}. Make room, or name another file as OUT.");
        }
        finally
        {
            File.Delete(written);
            File.Delete(quantized);
        }
    }

    private ModelOptions Options(string path, string backend, int positions) => new()
    {
        Path = path,
        Backend = backend,
        Device = "cpu", // where the tolerances are tightest
        ContextLength = Math.Min(ImportProof.Context, positions),
        Threads = Threads,
        LibraryPath = LibraryPath,
    };

    private async Task QuantizeAsync(string input, string result, QuantizeType type, CancellationToken cancellationToken)
    {
        using var bar = new ProgressBar($"Quantizing to {type.Name}");
        var options = new QuantizeOptions { Input = input, Output = result, Type = type.Name, Threads = Threads, LibraryPath = LibraryPath };
        await backends.CreateQuantizer().QuantizeAsync(options, bar, cancellationToken).ConfigureAwait(false);
    }

    private ImportReport Describe(ModelImport import, ImportProof proof, string result, long begin)
    {
        using GgufFile file = GgufFile.Open(result);
        return new ImportReport(
            folder, output, import.Plan.Architecture, GgufFileType.Of(file), file.Tensors.Sum(tensor => tensor.Elements), file.FileBytes, Proves ? proof.Verdict : null,
            proof.Checks, proof.Tokenizer, [.. import.Notes, .. proof.Notes], Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }
}
