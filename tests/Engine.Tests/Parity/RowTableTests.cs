using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class RowTableTests
{
    private static readonly IReadOnlyList<ParityInput> Inputs = [new([0, 1, 2, 3, 4]), new([0, 1]), new([0])];

    [Fact]
    public async Task Inputs_asked_for_at_the_same_time_give_the_rows_of_each_alone()
    {
        RowTable alone = await Read(Tables.Faulty);
        RowTable together = await RowTable.ReadTogetherAsync("table", new TableModel(Tables.Faulty), Inputs, Numerics.Strict, default);
        EngineDistance distance = together.From("a", alone, "b", ParityMetric.MaxAbsDiff);
        Assert.Equal((0, 0, 0, 0, 0), (distance.Whole, distance.Row, distance.Number, distance.Nmse, distance.MaxRelDiff));
        Assert.Equal(8, alone.Positions);
    }

    [Fact]
    public async Task The_distance_is_the_worst_of_all_inputs()
    {
        ParityReport whole = await ParityCheck.RunAsync(new TableModel(Tables.Faulty), new TableModel(Tables.Reference), Prompt.FromTokens([0, 1, 2, 3, 4]));
        EngineDistance distance = (await Read(Tables.Faulty)).From("a", await Read(Tables.Reference), "b", ParityMetric.Nmse);
        Assert.Equal(whole.Nmse, distance.Whole);
        Assert.Equal(whole.Nmse, distance.Nmse);
        Assert.Equal(whole.MaxRelDiff, distance.MaxRelDiff);
        // Row 3 holds the fault: 3.0098² and little else over its Σb².
        Assert.InRange(distance.Row, whole.Nmse!.Value, 1);
        Assert.Equal(("a", "b"), (distance.Engine, distance.From));
    }

    [Fact]
    public async Task NaN_has_no_distance()
    {
        RowTable bad = await Read(Tables.With(Tables.Reference, 1, 1, float.NaN));
        RowTable good = await Read(Tables.Reference);
        Assert.Throws<EngineException>(() => bad.From("a", good, "b", ParityMetric.Nmse));
        Assert.Throws<EngineException>(() => good.From("a", bad, "b", ParityMetric.Nmse));
    }

    [Fact]
    public async Task Tables_of_other_rows_are_not_compared()
    {
        RowTable few = await RowTable.ReadAsync("few", new TableModel(Tables.Reference), [Inputs[0]], [RowKind.Logits], Numerics.Strict, Arithmetic.Exact, null, default);
        RowTable all = await Read(Tables.Reference);
        Assert.Throws<EngineException>(() => few.From("few", all, "all", ParityMetric.Nmse));
    }

    private static Task<RowTable> Read(float[][] rows) =>
        RowTable.ReadAsync("table", new TableModel(rows), Inputs, [RowKind.Logits], Numerics.Strict, Arithmetic.Exact, null, default);
}
