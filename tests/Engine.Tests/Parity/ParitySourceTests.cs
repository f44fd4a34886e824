using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParitySourceTests
{
    private static readonly Prompt Source = Prompt.FromTokens([0, 1, 2]);

    [Fact]
    public async Task Without_a_given_target_it_is_the_answer_of_the_reference_after_the_start_token()
    {
        var native = new SourceTable(Tables.Reference);
        ParityReport report = await ParityCheck.RunAsync(native, new SourceTable(Tables.Reference), Source);
        Assert.Equal(ParityVerdict.Pass, report.Verdict);
        Assert.Equal([SourceTable.Start, 3, 2, 1, 0, 3], native.Asked!.Tokens.Tokens!.Take(6));
        Assert.Equal([0, 1, 2], native.Asked.Source!.Tokens!);
        Assert.Equal(25, report.Positions);
        Assert.NotNull(report.PerplexityNative);
        ParityRows encoder = Assert.Single(report.Also!);
        Assert.Equal(("encoder rows", 3, Tables.V), (encoder.Name, encoder.Rows, encoder.Width));
    }

    [Theory]
    [InlineData("text", new[] { SourceTable.Start, 2, 1 })]
    [InlineData(null, new[] { 1, 1, 1, 0 })]
    public async Task A_target_is_a_text_after_the_start_token_or_ids_as_they_are(string? text, int[] expected)
    {
        var native = new SourceTable(Tables.Reference);
        Prompt target = text is null ? Prompt.FromTokens(expected) : Prompt.FromText(text);
        await ParityCheck.RunAsync(native, new SourceTable(Tables.Reference), Source, new ParityOptions { Target = target });
        Assert.Equal(expected, native.Asked!.Tokens.Tokens!);
    }

    [Fact]
    public async Task A_fault_only_in_the_encoder_is_named()
    {
        ParityReport report = await ParityCheck.RunAsync(
            new SourceTable(Tables.Reference) { EncoderFault = 0.01f }, new SourceTable(Tables.Reference), Source);
        Assert.Equal(ParityVerdict.Fail, report.Verdict);
        Assert.StartsWith("encoder rows: max |Δ| / RMS ", report.Explanation, StringComparison.Ordinal);
        Assert.Equal(0, report.MaxAbsDiff);
    }

    [Fact]
    public async Task A_target_for_a_model_without_source_is_refused()
    {
        var error = await Assert.ThrowsAsync<InvalidRequestException>(() => ParityCheck.RunAsync(
            new TableModel(Tables.Reference), new TableModel(Tables.Reference), Source, new ParityOptions { Target = Source }));
        Assert.Contains("expected an encoder–decoder, found table of the architecture llama", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generation_is_verified_against_its_source_from_the_start_token_on()
    {
        var reference = new SourceTable(Tables.Reference);
        float[] Row(int token) => [.. Tables.Reference[token].Select(logit => logit + 3)]; // the source's sum
        GeneratedToken[] steps = [.. new[] { (SourceTable.Start, 3), (3, 2), (2, 1) }.Select((step, i) =>
            new GeneratedToken { Token = step.Item2, Text = "", Index = i, PromptTokens = 3, Logits = Row(step.Item1) })];
        ParityReport report = await ParityCheck.VerifyAsync(reference.Card, reference, [0, 1, 2], steps, new ParityOptions());
        Assert.Equal((ParityVerdict.Pass, 3, 0.0), (report.Verdict, report.Positions, report.MaxAbsDiff!.Value));
        Assert.Equal([SourceTable.Start, 3, 2], reference.Asked!.Tokens.Tokens!);
        Assert.Equal([0, 1, 2], reference.Asked.Source!.Tokens!);
    }
}
