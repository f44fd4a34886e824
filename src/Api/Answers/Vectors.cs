using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Answers;

/// <summary>Embeds texts as vectors of length 1, which clients of every dialect expect.</summary>
internal sealed class Vectors(ModelCalls calls)
{
    /// <summary>The maximum number of inputs of one request, as in OpenAI's API: an input costs a vector, however short it is.</summary>
    public const int MaxInputs = 2048;

    /// <summary>Embeds the inputs of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="asked">The model it names; null for the default one.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="dimensions">How many numbers of each vector are requested; null for all.</param>
    /// <exception cref="ApiException">There are no inputs, or too many; or more dimensions than the model has.</exception>
    /// <exception cref="EngineException">The model refused the request.</exception>
    public Task<TextVectors> EmbedAsync(HttpContext context, string? asked, IReadOnlyList<Prompt> inputs, int? dimensions = null)
    {
        if (inputs.Count is 0 or > MaxInputs)
        {
            throw Check.Wrong("input", $"1 to {MaxInputs} texts", $"{inputs.Count}");
        }
        return calls.RunAsync(context, asked, call => EmbedAsync(call, inputs, dimensions));
    }

    /// <summary>Embeds inputs with a model.</summary>
    /// <param name="call">The model.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="dimensions">How many numbers of each vector are requested; null for all.</param>
    /// <param name="field">The field of the request that the inputs come from.</param>
    public static async Task<TextVectors> EmbedAsync(ModelCall call, IReadOnlyList<Prompt> inputs, int? dimensions = null, string field = "input")
    {
        var request = new EmbedRequest { Inputs = [.. inputs.Select(input => call.Check(input, field))], Pooling = PoolingOf(call), Normalize = true, Deadline = call.Left() };
        int all = call.Model.Card.EmbeddingLength;
        int length = Check.Integer("dimensions", dimensions, 1, all) ?? all;
        Embeddings found = await call.Model.EmbedAsync(request, call.Ended).ConfigureAwait(false);
        return new TextVectors(call.Name, length == all ? found.Rows : [.. found.Rows.Select(row => Beginning(row, length))], found.TokenCounts);
    }

    /// <summary>Pooling that gives one row per text: the file's own, or else the mean.</summary>
    private static Pooling PoolingOf(ModelCall call) => call.Model.Card.Pooling switch
    {
        null or Pooling.None => Pooling.Mean,
        Pooling.Rank => throw ApiException.Invalid(
            $"Embedding texts with '{call.Name}': its file says that it ranks (pooling_type), so that its rows are not meant as vectors. "
            + "Send query and documents to /v1/rerank, or take a model that embeds.", "model"),
        Pooling pooling => pooling,
    };

    // Models trained for it (Matryoshka) put most of the information into the first dimensions.
    private static float[] Beginning(float[] row, int length)
    {
        float[] beginning = row[..length];
        UnitLength.Scale(beginning);
        return beginning;
    }
}

/// <summary>Vectors of texts.</summary>
/// <param name="Model">The configured name of the model.</param>
/// <param name="Rows">One for each input, in order.</param>
/// <param name="TokenCounts">Tokens of each input, special tokens included.</param>
internal sealed record TextVectors(string Model, IReadOnlyList<float[]> Rows, IReadOnlyList<int> TokenCounts)
{
    /// <summary>Tokens of all inputs.</summary>
    public int Tokens => TokenCounts.Sum();
}
