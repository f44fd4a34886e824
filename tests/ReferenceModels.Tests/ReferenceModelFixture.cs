using Engine;
using Engine.LlamaCpp.Direct;

namespace ReferenceModels.Tests;

/// <summary>Loads models and sends requests to them in one line.</summary>
internal static class ReferenceModelFixture
{
    public static async Task<IModel> LoadAsync(string path, int contextLength = 0) =>
        await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Backend = "reference", ContextLength = contextLength });

    public static async Task<IModel> LoadNativeAsync(string path, int contextLength) =>
        await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = path, Device = "cpu", ContextLength = contextLength });

    /// <summary>All rows of logits, (T, V).</summary>
    public static async Task<float[][]> ScoreAsync(IModel model, int[] tokens, Arithmetic arithmetic = Arithmetic.Exact)
    {
        var rows = new List<float[]>();
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict, Arithmetic = arithmetic };
        await foreach (ScoreBlock block in model.ScoreAsync(request))
        {
            for (int row = 0; row < block.Rows; row++)
            {
                rows.Add(block.Row(row).ToArray());
            }
        }
        return [.. rows];
    }
}
