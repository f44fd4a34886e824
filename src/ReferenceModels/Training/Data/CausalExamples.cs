namespace ReferenceModels.Training.Data;

/// <summary>Examples for a language model, depending on the records: texts, conversations or pairs.</summary>
internal static class CausalExamples
{
    /// <summary>Texts in packed windows, other records one by one.</summary>
    public static IExamples Read(IReadOnlyList<Record> records, ExampleBuilder builder) =>
        records.All(IsText) ? new PackedText(records.Select(builder.Document), builder.Context) : ReadUnpacked(records, builder);

    /// <summary>Every record separately, a long text in several windows.</summary>
    public static IExamples ReadUnpacked(IReadOnlyList<Record> records, ExampleBuilder builder) => new ListedExamples(records.SelectMany(record =>
        IsText(record) ? Windows(record, builder) : record.Turns.Count > 0 ? [builder.Conversation(record)] : [builder.Completion(record)]));

    private static bool IsText(Record record) => record.Second is null && record.Turns.Count == 0;

    private static IEnumerable<Example> Windows(Record record, ExampleBuilder builder)
    {
        int[] tokens = [.. builder.Document(record)];
        for (int start = 0; start < tokens.Length - 1; start += builder.Context)
        {
            int end = Math.Min(start + builder.Context, tokens.Length - 1);
            yield return new Example { Tokens = tokens[start..end], Targets = tokens[(start + 1)..(end + 1)] };
        }
    }
}
