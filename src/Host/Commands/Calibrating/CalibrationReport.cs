using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>What <c>validate --calibrate --json</c> prints.</summary>
/// <param name="Calibration">What was measured.</param>
/// <param name="Floor">The largest distance.</param>
/// <param name="Tolerance">What follows.</param>
/// <param name="ToleranceGgml">The same with the reference in ggml's arithmetic; null where it could not be measured.</param>
/// <param name="KeptIn">Path of the file that <c>validate</c> finds again.</param>
internal sealed record CalibrationReport(Calibration Calibration, EngineDistance Floor, Tolerance Tolerance, Tolerance? ToleranceGgml, string KeptIn);
