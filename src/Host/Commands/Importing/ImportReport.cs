using Engine.Parity;

namespace Engine.Host.Commands.Importing;

/// <summary>What an import produced, and how it was proved, as <c>import --json</c> prints it.</summary>
/// <param name="Folder">What was read.</param>
/// <param name="Output">What was written; under another name if the proof failed.</param>
/// <param name="Architecture">llama.cpp's name of it.</param>
/// <param name="Type">The type of most of the weights.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Bytes">The size of the file.</param>
/// <param name="Verdict">The verdict of all checks together; null if there were none.</param>
/// <param name="Checks">Each comparison of numbers.</param>
/// <param name="Tokenizer">The comparison of ids; null if there is no tokenizer.json to compare with, or nothing was proved.</param>
/// <param name="Notes">What is left out, and where llama.cpp computes differently from the trained model.</param>
/// <param name="Seconds">The total time.</param>
internal sealed record ImportReport(
    string Folder, string Output, string Architecture, string Type, long Parameters, long Bytes, ParityVerdict? Verdict, IReadOnlyList<ImportCheck> Checks,
    TokenizerCheck? Tokenizer, IReadOnlyList<string> Notes, double Seconds);

/// <summary>Two sides on the same tokens.</summary>
/// <param name="Name">The sides.</param>
/// <param name="Verdict">Whether they are within the tolerance.</param>
/// <param name="Positions">Rows compared.</param>
/// <param name="Nmse">Σ(a − b)² / Σb².</param>
/// <param name="MaxRelDiff">max |a − b| / RMS of b.</param>
/// <param name="Explanation">The figure that was judged, and its limit.</param>
/// <param name="Reason">Where the limit comes from.</param>
internal sealed record ImportCheck(string Name, ParityVerdict Verdict, int Positions, double? Nmse, double? MaxRelDiff, string Explanation, string Reason)
{
    public static ImportCheck Of(string name, ParityReport report) =>
        new(name, report.Verdict, report.Positions, report.Nmse, report.MaxRelDiff, report.Explanation, report.Tolerance.Reason);
}

/// <summary>The built-in texts by tokenizer.json's own rules, and by the vocabulary in the file.</summary>
/// <param name="Verdict">Whether every text has the same ids.</param>
/// <param name="Texts">How many were compared.</param>
/// <param name="Unspellable">How many have characters for which the vocabulary has neither a token nor bytes: they are refused.</param>
/// <param name="Differing">The texts that are split differently.</param>
/// <param name="DifferingInLlamaCpp">How many texts llama.cpp's own tokenizer splits differently; the backends are fed by the managed one.</param>
internal sealed record TokenizerCheck(ParityVerdict Verdict, int Texts, int Unspellable, IReadOnlyList<string> Differing, int DifferingInLlamaCpp);
