using Engine.Remote.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Engine.Remote.Server;

/// <summary>Writes numeric answers part by part, each within the protocol's limit.</summary>
/// <param name="parts">Receives the parts.</param>
internal sealed class AnswerWriter(IServerStreamWriter<AnswerPart> parts)
{
    public async Task WriteAsync(ScoreBlock block)
    {
        await WriteAsync(block.Activations).ConfigureAwait(false);
        var head = new BlockHead { FirstPosition = block.FirstPosition, Rows = block.Rows, Vocabulary = block.Vocabulary };
        if (block.Logits is { } logits)
        {
            head.Logits = logits.Length;
        }
        else if (block.TargetLogProbabilities is { } targets)
        {
            head.Targets = targets.Length;
        }
        else
        {
            head.TopK.AddRange(block.TopK!.Select(Answers.Of));
        }
        await parts.WriteAsync(new AnswerPart { Block = head }).ConfigureAwait(false);
        await WriteValuesAsync(block.Logits ?? block.TargetLogProbabilities ?? []).ConfigureAwait(false);
    }

    public async Task WriteAsync(Embeddings embeddings)
    {
        await WriteAsync(embeddings.Activations).ConfigureAwait(false);
        var head = new EmbeddingsHead
        {
            Rows = embeddings.Rows.Count,
            Dimensions = embeddings.Dimensions,
            TokenCounts = { embeddings.TokenCounts },
            Pooling = (int)embeddings.Pooling,
        };
        await parts.WriteAsync(new AnswerPart { Embeddings = head }).ConfigureAwait(false);
        // One message per row would cost more than the row, so rows are combined up to the size of a part.
        int together = Math.Max(1, FloatBytes.PartLength / Math.Max(1, embeddings.Dimensions));
        foreach (float[][] rows in embeddings.Rows.Chunk(together))
        {
            await WriteValuesAsync(rows is [float[] only] ? only : [.. rows.SelectMany(row => row)]).ConfigureAwait(false);
        }
    }

    public async Task WriteAsync(IEnumerable<Activation> activations)
    {
        foreach (Activation activation in activations)
        {
            await parts.WriteAsync(new AnswerPart { Activation = Answers.HeadOf(activation) }).ConfigureAwait(false);
            await WriteValuesAsync(activation.Values).ConfigureAwait(false);
        }
    }

    private async Task WriteValuesAsync(float[] values)
    {
        for (int start = 0; start < values.Length; start += FloatBytes.PartLength)
        {
            ByteString some = FloatBytes.Wrap(values, start, Math.Min(FloatBytes.PartLength, values.Length - start));
            await parts.WriteAsync(new AnswerPart { Values = some }).ConfigureAwait(false);
        }
    }
}
