using System.Text.Json;
using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class LayerCheckTests
{
    private static readonly Activation[] Ops =
    [
        Op("embd", "GET_ROWS", 1, 2, 3, 4),
        Op("norm-0", "RMS_NORM", 0.5f, 0.6f, 0.7f, 0.8f),
        Op("Qcur-0", "MUL_MAT", 5, 6, 7, 8),
        Op("Qcur-0", "ADD", 9, 8, 7, 6),
        Op("l_out-0", "ADD", 1, -1, 1, -1),
        Op("norm-1", "RMS_NORM", 0.1f, 0.2f, 0.3f, 0.4f),
        Op("l_out-1", "ADD", 3, 1, 4, 1),
        Op("result_norm", "MUL", 2, 7, 1, 8),
    ];

    [Fact]
    public async Task The_same_activations_pass_in_the_order_of_the_native_graph()
    {
        LayerFindings findings = await Check(Ops, [.. Ops.Reverse()]);
        Assert.Null(findings.FirstDivergence);
        Assert.Equal(Ops.Select(op => (op.Name, op.Operation, "ok")), findings.Layers.Select(layer => (layer.Name, layer.Op, layer.Status)));
        Assert.Equal([null, 0, 0, 0, 0, 1, 1, null], findings.Layers.Select(layer => layer.Layer));
        Assert.Equal("all 8 ops that both sides have are within their tolerances in the replay", findings.Scope.Explanation);
    }

    [Fact]
    public async Task The_replay_decides_and_not_the_differences_side_by_side()
    {
        Activation[] drifted = [.. Ops.Select(op => With(op, 0, op.Values[0] * 1.5f))];
        var reference = new TapModel((_, replay) => replay.Count == 0 ? drifted : Ops);
        LayerFindings findings = await LayerCheck.RunAsync(new TapModel(Ops), reference, Prompt.FromTokens([1, 2]));
        Assert.Null(findings.FirstDivergence);
        Assert.All(findings.Layers, layer => Assert.True(layer is { Nmse: 0, MaxAbsDiff: 0, SideBySideNmse: > 1e-3 }));
        Assert.Equal(Ops.Select(op => op.Values), reference.Replayed.Select(op => op.Values));
    }

    [Fact]
    public async Task The_first_op_beyond_its_tolerance_is_named_with_layer_and_reason()
    {
        LayerFindings findings = await Check(Ops, Change(Change(Ops, 5, 0.101f), 2, 5.001f));
        Assert.Equal(("Qcur-0", "MUL_MAT", 0, 0), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op, findings.FirstDivergence.Occurrence!.Value, findings.FirstDivergence.Position));
        Assert.StartsWith("layer 0, Qcur (MUL_MAT): NMSE 5.75e-9 is above ", findings.Scope.Explanation, StringComparison.Ordinal);
        Assert.Equal(["Qcur-0", "norm-1"], findings.Layers.Where(layer => layer.Status == "diverges").Select(layer => layer.Name));
    }

    [Fact]
    public async Task A_single_entry_of_many_that_is_off_is_seen()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(i => (i % 7) - 3f)];
        float[] off = [.. values];
        off[77_777] += 5e-4f;
        LayerFindings findings = await Check([new("kq-0", "MUL_MAT", 0, [100, 1000], values)], [new("kq-0", "MUL_MAT", 0, [100, 1000], off)]);
        Assert.InRange(findings.Layers[0].Nmse!.Value, 0, 1e-12);
        Assert.Equal("diverges", findings.Layers[0].Status);
        Assert.Equal(777, findings.FirstDivergence!.Position);
    }

    [Fact]
    public async Task An_op_of_only_one_side_stays_a_row_and_is_named_if_it_explains_a_difference()
    {
        LayerFindings findings = await Check(Ops, Change([.. Ops[..3], .. Ops[4..]], 3, 2));
        ParityLayer alone = findings.Layers[3];
        Assert.Equal(("Qcur-0", "ADD", "UNMEASURED", "native"), (alone.Name, alone.Op, alone.Status, alone.Only));
        Assert.Null(alone.Nmse);
        Assert.Equal(("Qcur-0", "ADD"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.StartsWith("layer 0, Qcur (ADD): only the native side has it, and after it layer 0, l_out (ADD) differs: NMSE ", findings.Scope.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_that_one_side_lacks_is_named_by_its_first_op()
    {
        LayerFindings findings = await Check(Ops, Change([.. Ops[..5], Ops[7]], 5, 3));
        Assert.Equal(("norm-1", "RMS_NORM"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.StartsWith("layer 1, norm (RMS_NORM): only the native side has it, and after it result_norm (MUL) differs: ", findings.Scope.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_chosen_of_the_layer_before_do_not_end_a_layer()
    {
        // As BERT's last layer has them.
        Activation chosen = Op("l_out-0 (rows)", "GET_ROWS", 1, -1, 1, -1), sum = Op("add(l_out-1,l_out-0)", "ADD", 4, 0, 5, 0);
        Activation bias = Op("l_out-1", "ADD", 3, 1, 4, 1), product = Op("l_out-1", "MUL_MAT", 2, 1, 3, 1), last = Op("norm-1", "NORM", 6, 6, 6, 6);
        Activation[] native = [.. Ops[..6], product, bias, chosen, sum, last];
        LayerFindings findings = await Check(native, Change([.. Ops[..6], product, sum, last], 7, 9));
        Assert.Equal((1, 1), (findings.Layers[9].Layer, findings.Layers[10].Layer));
        Assert.Equal(("l_out-1", "ADD", 1), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op, findings.FirstDivergence.Layer));
    }

    [Fact]
    public async Task An_op_that_only_moves_numbers_explains_nothing()
    {
        Activation view = Op("Qcur-0 (view)", "VIEW", 1, 1, 1, 1);
        LayerFindings findings = await Check([.. Ops[..4], view, .. Ops[4..]], Change(Ops, 4, 2));
        Assert.Equal("UNMEASURED", findings.Layers[4].Status);
        Assert.Equal(("l_out-0", "ADD"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.Equal("all 8 ops that both sides have are within their tolerances in the replay", (await Check([.. Ops[..4], view, .. Ops[4..]], Ops)).Scope.Explanation);
        Assert.EndsWith("; 1 that compute could not be measured", (await Check(Ops, [.. Ops[..3], .. Ops[4..]])).Scope.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leftovers_between_the_same_neighbours_are_joined_by_operation_and_shape()
    {
        Activation[] renamed = [.. Ops.Select((op, i) => i == 2 ? op with { Name = "product-0" } : op)];
        var reference = new TapModel(renamed);
        LayerFindings findings = await LayerCheck.RunAsync(new TapModel(Ops), reference, Prompt.FromTokens([1, 2]));
        Assert.Null(findings.FirstDivergence);
        Assert.All(findings.Layers, layer => Assert.Equal("ok", layer.Status));
        Assert.Equal("product-0", reference.Replayed[2].Name);
    }

    [Fact]
    public async Task Different_shapes_are_a_divergence_but_trailing_ones_are_not()
    {
        Activation[] shaped = [.. Ops.Select((op, i) => i == 4 ? op with { Shape = [4, 1] } : op with { Shape = [2, 2, 1] })];
        LayerFindings findings = await Check(Ops, shaped);
        Assert.Equal("shape", findings.Layers[4].Status);
        Assert.Equal("layer 0, l_out (ADD): the native shape is (2, 2), the reference's another", findings.Scope.Explanation);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task Numbers_that_are_not_finite_diverge_on_one_side_and_on_both(float value)
    {
        Activation[] broken = Change(Ops, 4, value);
        foreach ((Activation[] native, Activation[] reference) in new[] { (broken, Ops), (Ops, broken), (broken, broken) })
        {
            LayerFindings findings = await Check(native, reference);
            Assert.Equal("layer 0, l_out (ADD): NaN or infinity", findings.Scope.Explanation);
        }
    }

    [Fact]
    public async Task Minus_infinity_from_a_mask_on_both_sides_is_no_difference() =>
        Assert.Null((await Check(Change(Ops, 4, float.NegativeInfinity), Change(Ops, 4, float.NegativeInfinity))).FirstDivergence);

    [Fact]
    public async Task Zeros_on_both_sides_are_the_same_and_on_one_are_not()
    {
        Activation[] zero = [.. Ops.Select(op => op with { Values = new float[4] })];
        Assert.Null((await Check(zero, zero)).FirstDivergence);
        Assert.Equal("embd", (await Check(Ops, zero)).FirstDivergence!.Name);
        Assert.Equal("embd", (await Check(zero, Ops)).FirstDivergence!.Name);
    }

    [Fact]
    public async Task An_encoder_is_asked_for_embeddings()
    {
        LayerFindings findings = await LayerCheck.RunAsync(new TapModel(Ops) { Embeds = true }, new TapModel(Ops) { Embeds = true }, Prompt.FromTokens([1, 2]));
        Assert.Equal(8, findings.Layers.Count);
    }

    [Fact]
    public async Task Parts_are_compared_each_with_its_like()
    {
        Activation[] two = [.. Ops.Select(op => op with { Part = "encoder" }), .. Ops.Select(op => op with { Part = "decoder" })];
        Activation[] faulty = [.. two[..10], With(two[10], 1, 99), .. two[11..]];
        LayerFindings findings = await Check(two, faulty);
        Assert.Equal("decoder", findings.FirstDivergence!.Part);
        Assert.StartsWith("decoder layer 0, Qcur (MUL_MAT): ", findings.Scope.Explanation, StringComparison.Ordinal);
        Assert.Equal(16, findings.Layers.Count);
    }

    [Fact]
    public async Task A_fault_fails_the_report_and_is_in_its_JSON_but_a_pass_changes_nothing()
    {
        ParityReport report = await ParityCheck.RunAsync(new TableModel(Tables.Reference), new TableModel(Tables.Reference), Prompt.FromTokens(Tables.Tokens));
        Assert.Equal(ParityVerdict.Pass, report.With(await Check(Ops, Ops)).Verdict);
        using JsonDocument json = JsonDocument.Parse(report.With(await Check(Ops, Change(Ops, 2, 5.1f))).ToJson());
        Assert.Equal("fail", json.RootElement.GetProperty("verdict").GetString());
        JsonElement layer = json.RootElement.GetProperty("layers")[2], divergence = json.RootElement.GetProperty("first_divergence");
        Assert.Equal(("Qcur-0", "MUL_MAT", 0, "diverges"), (layer.GetProperty("name").GetString(), layer.GetProperty("op").GetString(), layer.GetProperty("occurrence").GetInt32(), layer.GetProperty("status").GetString()));
        Assert.InRange(layer.GetProperty("nmse").GetDouble(), 1e-6, 1e-3);
        Assert.InRange(layer.GetProperty("max_abs_diff").GetDouble(), 0.0999, 0.1001);
        Assert.Equal(("Qcur-0", "MUL_MAT", 0, 0), (divergence.GetProperty("name").GetString(), divergence.GetProperty("op").GetString(), divergence.GetProperty("occurrence").GetInt32(), divergence.GetProperty("position").GetInt32()));
        Assert.Equal("exact", json.RootElement.GetProperty("replay").GetProperty("arithmetic").GetString());
    }

    private static Task<LayerFindings> Check(Activation[] native, Activation[] reference) =>
        LayerCheck.RunAsync(new TapModel(native), new TapModel(reference), Prompt.FromTokens([1, 2]));

    private static Activation Op(string name, string operation, params float[] values) => new(name, operation, 0, [2, 2], values);

    private static Activation[] Change(Activation[] ops, int index, float value) => [.. ops.Select((op, i) => i == index ? With(op, 0, value) : op)];

    private static Activation With(Activation op, int index, float value) => op with { Values = [.. op.Values.Select((own, i) => i == index ? value : own)] };
}
