using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Engine.BuiltIn;

/// <summary>
/// The default model's weights: random numbers, but for a few channels of the residual stream that no layer writes to.
/// Channel 0 is the same for all tokens and so carries a bias of each token's logit; the next channels hold the class
/// of the token just read, from which the head prefers the classes that may follow. What follows what is a small
/// grammar; which word of a class it is, the random layers decide by the context.
/// </summary>
internal sealed class DefaultWeights(DefaultVocabulary vocabulary)
{
    public const int Embedding = 128;
    public const int FeedForward = 256;
    public const int Layers = 3;
    public const int Heads = 8;
    public const int KeyValueHeads = 2;
    private const int HeadSize = Embedding / Heads;
    private const int Reserved = 1 + (int)WordClass.End + 1; // the constant channel and one per class
    private const float Marker = 4f;
    private const float Follows = 2f;
    private const float NeverSaid = -6f;
    private const float EndsSeldom = -1f;

    private static readonly Dictionary<WordClass, WordClass[]> Followers = new()
    {
        [WordClass.Start] = [WordClass.Opening],
        [WordClass.Stop] = [WordClass.Opening, WordClass.End],
        [WordClass.Comma] = [WordClass.Conjunction],
        [WordClass.Opening] = [WordClass.Adjective, WordClass.Noun],
        [WordClass.Article] = [WordClass.Adjective, WordClass.Noun],
        [WordClass.Adjective] = [WordClass.Noun],
        [WordClass.Noun] = [WordClass.Verb],
        [WordClass.Verb] = [WordClass.Adverb, WordClass.Preposition, WordClass.Stop, WordClass.Comma],
        [WordClass.Adverb] = [WordClass.Stop, WordClass.Comma, WordClass.Preposition],
        [WordClass.Preposition] = [WordClass.Article],
        [WordClass.Conjunction] = [WordClass.Article],
        [WordClass.None] = [WordClass.Preposition, WordClass.Comma],
    };

    private readonly SplitMix64 _random = new(seed: 4);

    public void AddTo(GgufWriter writer)
    {
        int words = vocabulary.Tokens.Count;
        Add(writer, "token_embd.weight", TokenEmbedding(), Embedding, words);
        for (int layer = 0; layer < Layers; layer++)
        {
            AddLayer(writer, $"blk.{layer}.");
        }
        Add(writer, "output_norm.weight", Gain(), Embedding);
        Add(writer, "output.weight", Head(), Embedding, words);
    }

    // The scales keep queries, keys and values near 1, so that attention chooses without being one-hot, and each
    // layer's answer near a third of the stream it is added to.
    private void AddLayer(GgufWriter writer, string prefix)
    {
        const int keyValues = KeyValueHeads * HeadSize;
        Add(writer, prefix + "attn_norm.weight", Gain(), Embedding);
        Add(writer, prefix + "attn_q.weight", Random(Embedding, Embedding, 0.25f), Embedding, Embedding);
        Add(writer, prefix + "attn_k.weight", Random(Embedding, keyValues, 0.25f), Embedding, keyValues);
        Add(writer, prefix + "attn_v.weight", Random(Embedding, keyValues, 0.15f), Embedding, keyValues);
        Add(writer, prefix + "attn_output.weight", ResidualSafe(Random(Embedding, Embedding, 0.1f), Embedding), Embedding, Embedding);
        Add(writer, prefix + "ffn_norm.weight", Gain(), Embedding);
        Add(writer, prefix + "ffn_gate.weight", Random(Embedding, FeedForward, 0.15f), Embedding, FeedForward);
        Add(writer, prefix + "ffn_up.weight", Random(Embedding, FeedForward, 0.15f), Embedding, FeedForward);
        Add(writer, prefix + "ffn_down.weight", ResidualSafe(Random(FeedForward, Embedding, 0.1f), FeedForward), FeedForward, Embedding);
    }

    private float[] TokenEmbedding()
    {
        float[] embedding = Random(Embedding, vocabulary.Tokens.Count, 0.75f);
        for (int token = 0; token < vocabulary.Tokens.Count; token++)
        {
            Span<float> row = embedding.AsSpan(token * Embedding, Embedding);
            row[..Reserved].Clear();
            row[0] = Marker;
            row[1 + (int)vocabulary.Classes[token]] = Marker;
        }
        return embedding;
    }

    private float[] Head()
    {
        float[] head = Random(Embedding, vocabulary.Tokens.Count, 0.25f);
        for (int token = 0; token < vocabulary.Tokens.Count; token++)
        {
            Span<float> row = head.AsSpan(token * Embedding, Embedding);
            row[..Reserved].Clear();
            WordClass wordClass = vocabulary.Classes[token];
            row[0] = wordClass switch { WordClass.None or WordClass.Start => NeverSaid, WordClass.End => EndsSeldom, _ => 0f } + Emphasis(vocabulary.Tokens[token]);
            foreach ((WordClass previous, WordClass[] followers) in Followers)
            {
                row[1 + (int)previous] = followers.Contains(wordClass) ? Follows : 0f;
            }
        }
        return head;
    }

    /// <summary>One mark stands against many words, and the full stop before the others.</summary>
    private static float Emphasis(string token) => token switch { "." => 0.5f, "," => 0.2f, "!" or "?" or ";" or ":" => -0.25f, _ => 0f };

    /// <summary>A normalization's gain: near 1, yet not 1, so that leaving it out would be seen.</summary>
    private float[] Gain()
    {
        float[] gain = Random(Embedding, 1, 0.125f);
        for (int i = 0; i < gain.Length; i++)
        {
            gain[i] += 1f;
        }
        return gain;
    }

    /// <summary>Without the outputs that would write to the reserved channels.</summary>
    private static float[] ResidualSafe(float[] weight, int inputs)
    {
        weight.AsSpan(0, Reserved * inputs).Clear();
        return weight;
    }

    /// <summary>A row-major (outputs, inputs) matrix of numbers up to ±<paramref name="scale"/>.</summary>
    private float[] Random(int inputs, int outputs, float scale)
    {
        var values = new float[inputs * outputs];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _random.NextSigned() * scale;
        }
        return values;
    }

    private static void Add(GgufWriter writer, string name, float[] values, params long[] shape) =>
        writer.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
