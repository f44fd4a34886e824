using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Finds the calibration of a model, and says why an existing one cannot be used.</summary>
/// <param name="path">The file the user named; null for the user's folder.</param>
/// <param name="environment">What a calibration must have been measured with.</param>
internal sealed class KeptCalibration(string? path, string environment)
{
    /// <summary>Whether to show progress while the files are read.</summary>
    public bool ShowsProgress { get; init; } = true;

    /// <summary>Finds the calibration of both files together. Two files of the same type and size are treated as copies of one model,
    /// for which the calibration of either is valid.</summary>
    /// <returns>The calibration, or null; and a message if one was ignored.</returns>
    public async Task<(Calibration? Calibration, string? Remark)> FindAsync(
        ModelCard native, ModelCard reference, Numerics numerics, CancellationToken cancellationToken)
    {
        long bytes = ContentHash.Length(native.Path);
        if (path is null && CalibrationFolder.OfUser?.MayHold(bytes, numerics) != true)
        {
            return (null, null);
        }
        IReadOnlyList<string> hashes = await HashesAsync(native.Path, reference.Path, ShowsProgress, cancellationToken).ConfigureAwait(false);
        List<IReadOnlyList<string>> wanted = [hashes];
        if (hashes.Count > 1 && (native.FileType, native.Parameters, bytes) == (reference.FileType, reference.Parameters, ContentHash.Length(reference.Path)))
        {
            wanted.AddRange([[hashes[1]], [hashes[0]]]);
        }
        string? file = path ?? wanted.Select(models => CalibrationFolder.OfUser!.Path(models, bytes, numerics)).FirstOrDefault(File.Exists);
        if (!File.Exists(file))
        {
            return (null, path is null ? null : Passed(path, "there is no such file"));
        }
        Calibration? calibration = await ReadAsync(file, cancellationToken).ConfigureAwait(false);
        string? fault =
            calibration is null ? "it is damaged"
            : !wanted.Any(models => models.SequenceEqual(calibration.Models)) ? "it is of another model"
            : calibration.Numerics != numerics ? $"it was measured in {calibration.Numerics.ToString().ToLowerInvariant()} numerics"
            : calibration.Environment != environment ? $"it was measured with {calibration.Environment}, this is {environment}"
            : null;
        return fault is null ? (calibration, null) : (null, Passed(file, fault));
    }

    /// <summary>The hashes of the models: a single one if both sides read the same file.</summary>
    public static async Task<IReadOnlyList<string>> HashesAsync(string model, string referenceModel, bool showsProgress, CancellationToken cancellationToken)
    {
        string native = await ContentHash.ComputeAsync(model, showsProgress, cancellationToken).ConfigureAwait(false);
        return Path.GetFullPath(model) == Path.GetFullPath(referenceModel) ? [native]
            : [native, await ContentHash.ComputeAsync(referenceModel, showsProgress, cancellationToken).ConfigureAwait(false)];
    }

    private static async Task<Calibration?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return Calibration.Parse(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Passed(string file, string fault) =>
        $"The calibration {file} is not used: {fault}. The default tolerance applies; 'validate --calibrate' measures again.";
}
