using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class LayerTextTests
{
    [Fact]
    public async Task A_line_for_the_worst_op_of_each_layer_and_all_ops_of_the_diverging_one_in_80_columns()
    {
        string[] lines = (await Report(1.3f)).ToText().TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        int table = Array.FindIndex(lines, line => line.StartsWith("Replay in exact arithmetic over 3 tokens", StringComparison.Ordinal));
        Assert.Equal(["input", "0", "1", "2", "output"], lines[(table + 3)..(table + 8)].Select(line => line.Trim().Split(' ')[0]));
        Assert.Contains(lines, line => line.StartsWith("All ops of layer 1:", StringComparison.Ordinal));
        Assert.Equal(1, lines.Count(line => line.Contains("a_name_so_long", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.Contains("l_out-1 (ADD)", StringComparison.Ordinal) && line.EndsWith("diverges", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("First divergence: l_out-1 (ADD), position 2", StringComparison.Ordinal));
        Assert.StartsWith("FAIL: layer 1, l_out (ADD): NMSE ", lines[^2] + lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pass_says_what_could_not_be_measured()
    {
        string text = (await Report(1)).ToText();
        Assert.Contains("UNMEASURED, because only one side has them: 0 ops that compute, 1 that only move", text, StringComparison.Ordinal);
        Assert.Contains("all 8 ops that both sides have are", text, StringComparison.Ordinal);
        Assert.DoesNotContain("All ops of", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_op_that_one_side_lacks_has_its_line_in_80_columns_too()
    {
        string[] lines = (await Report(1.3f, Op("Qcur-1", "ADD"))).ToText().TrimEnd().Split('\n');
        Assert.Single(lines, line => line.Contains("Qcur-1 (ADD)", StringComparison.Ordinal) && line.EndsWith("UNMEASURED", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
    }

    private static async Task<ParityReport> Report(float factor, Activation? nativeAlone = null)
    {
        Activation[] native =
        [
            Op("embd", "GET_ROWS"), Op("l_out-0", "ADD"), Op("Qcur-1 (view)", "VIEW"), Op("a_name_so_long_that_it_has_no_place-1", "MUL_MAT"),
            Op("norm-1", "RMS_NORM"), .. nativeAlone is null ? Array.Empty<Activation>() : [nativeAlone], Op("l_out-1", "ADD"), Op("l_out-2", "ADD"), Op("norm", "RMS_NORM"), Op("result_norm", "MUL"),
        ];
        Activation[] reference =
        [
            .. native.Where(op => op.Operation != "VIEW" && op != nativeAlone).Select(op => op.Name == "l_out-1" ? op with { Values = [1, 2, 3 * factor] } : op),
        ];
        LayerFindings findings = await LayerCheck.RunAsync(new TapModel(native), new TapModel(reference), Prompt.FromTokens([1, 2, 3]));
        ParityReport report = await ParityCheck.RunAsync(new TableModel(Tables.Reference), new TableModel(Tables.Reference), Prompt.FromTokens(Tables.Tokens));
        return report.With(findings);
    }

    private static Activation Op(string name, string operation) => new(name, operation, 0, [1, 3], [1, 2, 3]);
}
