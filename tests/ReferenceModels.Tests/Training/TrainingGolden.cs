using System.Text.Json;

namespace ReferenceModels.Tests.Training;

/// <summary>tests/Golden/training/training.json: PyTorch's numbers.</summary>
internal static class TrainingGolden
{
    private static readonly JsonElement Json =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "training", "training.json"))).RootElement;

    public static IEnumerable<JsonElement> Cases(string name) => Json.GetProperty(name).EnumerateArray();

    public static double[] Numbers(this JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    public static float[] Floats(this JsonElement json, string name) => [.. json.Numbers(name).Select(value => (float)value)];

    public static double Number(this JsonElement json, string name) => json.GetProperty(name).GetDouble();
}
