using Engine;

namespace ReferenceModels.Training.Data;

/// <summary>What making examples of records needs to know of the model and the run.</summary>
/// <param name="Tokenizer">The model's.</param>
/// <param name="Context">Tokens of an example at the most.</param>
/// <param name="Path">The data file, for messages.</param>
public sealed record ExampleReading(ITokenizer Tokenizer, int Context, string Path)
{
    /// <summary>A document's tokens: what the model's file puts around a text, and an end of sequence behind it where the vocabulary
    /// has one, so that a model learns to end.</summary>
    /// <exception cref="InvalidRequestException">The record is no text.</exception>
    public IReadOnlyList<int> Document(Record record)
    {
        if (record.Turns.Count > 0 || record.Second is not null)
        {
            throw Refuse(record, "a text", record.Second is null ? "a conversation" : "a pair");
        }
        List<int> tokens = [.. Tokenizer.Encode(record.Text)];
        if (Tokenizer.EndOfSequence is int end && (tokens.Count == 0 || tokens[^1] != end))
        {
            tokens.Add(end);
        }
        return tokens;
    }

    /// <summary>The sentence for a record that the objective has no use for.</summary>
    public InvalidRequestException Refuse(Record record, string expected, string found) =>
        new($"Reading the data '{Path}': expected {expected} in line {record.Line}, found {found}. Correct the line or choose another objective.");
}
