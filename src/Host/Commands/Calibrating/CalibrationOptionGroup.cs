using System.CommandLine;
using Engine.LlamaCpp.Direct;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>The calibration options of <c>validate</c>, and their effect.</summary>
internal sealed class CalibrationOptionGroup
{
    public Option<bool> Calibrate { get; } = new("--calibrate")
    {
        Description = "Measures how much correct engines differ on this model in these numerics, and keeps four times that as the tolerance.",
    };

    public Option<string?> Calibration { get; } = new("--calibration") { HelpName = "PATH", Description = "The file of the calibration. Default: found by the model's content." };

    public Option<bool> NoCalibration { get; } = new("--no-calibration") { Description = "Uses the default tolerance, calibrated or not." };

    /// <summary>Refuses, before anything is loaded, contradictory options and a result that could not be stored.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="native">The model that is judged.</param>
    /// <param name="models">The files that are read, and what names them.</param>
    public void Check(ParseResult parsed, ModelOptions native, params ReadOnlySpan<(string Path, string Option)> models)
    {
        if (!parsed.GetValue(Calibrate))
        {
            return;
        }
        if (parsed.GetValue(NoCalibration))
        {
            throw new InvalidRequestException($"{Calibrate.Name} measures a tolerance, {NoCalibration.Name} judges without one. Give one of them.");
        }
        if (native.Endpoint is { } endpoint)
        {
            throw new UnsupportedRequestException(
                $"Calibrating: expected a file, whose variants are measured in processes of this machine, found a model of another engine at {endpoint}. Calibrate on the machine that has it.");
        }
        CalibrationFolder.RequireWritable(parsed.GetValue(Calibration), models);
    }

    /// <summary>Measures, keeps and prints.</summary>
    public async Task<int> RunAsync(ParseResult parsed, Comparison comparison, bool json, CancellationToken cancellationToken)
    {
        (IModel native, IModel reference, Numerics numerics) = (comparison.Native, comparison.Reference, comparison.Numerics);
        if (native.Card.Backend != LlamaCppBackend.BackendName)
        {
            throw new UnsupportedRequestException(
                $"Calibrating: expected a model on {LlamaCppBackend.BackendName}, whose variants are measured, found one on {native.Card.Backend}. Ask for it with --backend {LlamaCppBackend.BackendName}.");
        }
        ParityInput input = await ParityInput.ReadAsync(native, reference, comparison.Prompt, comparison.Target, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> hashes = await KeptCalibration.HashesAsync(native.Card.Path, reference.Card.Path, showsProgress: true, cancellationToken).ConfigureAwait(false);
        var run = new CalibrationRun(comparison.NativeOptions, numerics);
        Calibration calibration;
        try
        {
            calibration = await run.RunAsync(native, reference, input, CalibrationEnvironment.Of(comparison.NativeOptions, comparison.Native.Card), hashes, cancellationToken).ConfigureAwait(false);
        }
        catch (FaultException fault)
        {
            await Console.Error.WriteLineAsync($"FAIL: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Fail;
        }
        string path = parsed.GetValue(Calibration) ?? CalibrationFolder.OfUser!.Path(hashes, calibration.ModelBytes, numerics);
        CalibrationFolder.Keep(calibration, path);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (json)
        {
            JsonOutput.Write(output, new CalibrationReport(
                calibration, calibration.Floor(Arithmetic.Exact)!, calibration.ToTolerance(Arithmetic.Exact)!, calibration.ToTolerance(Arithmetic.Ggml), path));
        }
        else
        {
            output.Write(CalibrationText.Render(calibration, path, Screen.ReportWidth));
        }
        return ExitCode.Pass;
    }

    /// <summary>The tolerance of an earlier calibration; null for the default one, with a message on standard error if there is a calibration that does not fit.</summary>
    public async Task<Tolerance?> FindAsync(ParseResult parsed, Comparison comparison, CancellationToken cancellationToken)
    {
        // Calibrations belong to this machine; the card of a remote model names a file on another one.
        if (parsed.GetValue(NoCalibration) || comparison.NativeOptions.Endpoint is not null || comparison.Native.Card.Backend != LlamaCppBackend.BackendName)
        {
            return null;
        }
        (Calibration? calibration, string? remark) = await new KeptCalibration(parsed.GetValue(Calibration), CalibrationEnvironment.Of(comparison.NativeOptions, comparison.Native.Card))
            .FindAsync(comparison.Native.Card, comparison.Reference.Card, comparison.Numerics, cancellationToken).ConfigureAwait(false);
        if (calibration is not null)
        {
            ParityInput input = await ParityInput.ReadAsync(
                comparison.Native, comparison.Reference, comparison.Prompt, comparison.Target, cancellationToken).ConfigureAwait(false);
            if (input.Length <= calibration.Longest)
            {
                return calibration.ToTolerance(comparison.Arithmetic);
            }
            remark = $"The calibration is not used: it was measured with inputs of up to {calibration.Longest} tokens, this one has {input.Length}. The default tolerance applies; 'validate --calibrate' with this input measures again.";
        }
        if (remark is not null)
        {
            await Console.Error.WriteLineAsync(remark).ConfigureAwait(false);
        }
        return null;
    }
}

/// <summary>Two loaded models and what they are compared on.</summary>
internal sealed record Comparison(IModel Native, IModel Reference, Prompt Prompt, Prompt? Target, Numerics Numerics)
{
    public required ModelOptions NativeOptions { get; init; }

    /// <summary>How the reference computes.</summary>
    public required Arithmetic Arithmetic { get; init; }
}

/// <summary>What <c>validate --calibrate --json</c> prints.</summary>
/// <param name="Calibration">What was measured.</param>
/// <param name="Floor">The largest distance.</param>
/// <param name="Tolerance">The tolerance that follows.</param>
/// <param name="ToleranceGgml">The same with the reference in ggml's arithmetic; null if it could not be measured.</param>
/// <param name="KeptIn">Path of the file that <c>validate</c> finds again.</param>
internal sealed record CalibrationReport(Calibration Calibration, EngineDistance Floor, Tolerance Tolerance, Tolerance? ToleranceGgml, string KeptIn);
