using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands.Importing;

/// <summary>What <c>import</c> prints for people, the verdict last.</summary>
internal static class ImportText
{
    public static string Render(ImportReport report, int width)
    {
        var text = new StringBuilder();
        text.AppendLine(report.Output);
        text.AppendLine(Invariant($"  Model      {report.Architecture}, {report.Parameters:N0} weights, {report.Type}, {ByteCount.Describe(report.Bytes)}"));
        text.AppendLine($"  From       {report.Folder}");
        foreach (ImportCheck check in report.Checks)
        {
            string nmse = check.Explanation.StartsWith("NMSE", StringComparison.Ordinal) ? "" : Invariant($"; NMSE {check.Nmse:0.0e-0}");
            Line(check.Verdict, Invariant($"{check.Name}, {check.Positions} positions: {check.Explanation}{nmse}"));
        }
        if (report.Tokenizer is { } tokenizer)
        {
            Line(tokenizer.Verdict, $"the file's tokenizer against tokenizer.json's own rules: {tokenizer.Texts - tokenizer.Differing.Count} of {tokenizer.Texts} texts have the same ids"
                + (tokenizer.Unspellable > 0 ? $", {tokenizer.Unspellable} more have characters that the vocabulary cannot spell" : "")
                + (tokenizer.Differing.Count > 0 ? $"; the first that differs is \"{tokenizer.Differing[0]}\"" : ""));
        }
        foreach (string note in report.Notes)
        {
            Line(null, note);
        }
        text.AppendLine();
        Paragraph.Append(text, report.Verdict switch
        {
            ParityVerdict.Pass => "PASS: the file is the model.",
            ParityVerdict.Fail => $"FAIL: the file is not the model. It is kept under this name for inspection (engine validate --model {report.Output} --layers); the requested file is unchanged.",
            _ => "Not proved: engine import without --no-proof compares the file with the original weights.",
        }, width);
        return text.ToString();

        void Line(ParityVerdict? verdict, string words)
        {
            const int Indent = 9;
            text.Append(verdict switch
            {
                ParityVerdict.Pass => "  pass   ",
                ParityVerdict.Fail => "  FAIL   ",
                _ => "  note   ",
            });
            Paragraph.Append(text, words, width - Indent, Indent);
        }
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
