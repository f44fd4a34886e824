using System.Globalization;
using System.Security.Cryptography;

namespace ReferenceModels.Training;

/// <summary>What must be the same when a run is resumed; otherwise its result would not be that of an uninterrupted run.</summary>
internal static class RunIdentity
{
    /// <summary>Names and values, also used in messages.</summary>
    public static IReadOnlyDictionary<string, string> Of(TrainingOptions options, int steps, int context)
    {
        var run = new OrderedDictionary<string, string>
        {
            ["model"] = Hash(options.Model),
            ["data"] = Hash(options.Data),
            ["validation"] = options.ValidationData is null ? Text(options.ValidationShare) : Hash(options.ValidationData),
            ["separator"] = options.Separator,
            ["objective"] = string.Join(", ", options.Objective.Terms.Select(term => $"{Text(term.Share)} {term.Name}").Prepend(options.Objective.Name)),
            ["steps"] = Text(steps),
            ["batch"] = Text(options.Batch),
            ["accumulate"] = Text(options.Accumulate),
            ["context"] = Text(context),
            ["learning rate"] = Text(options.LearningRate),
            ["final learning rate"] = Text(options.FinalLearningRate),
            ["warm-up"] = Text(options.Warmup),
            ["weight decay"] = Text(options.WeightDecay),
            ["beta1"] = Text(options.Beta1),
            ["beta2"] = Text(options.Beta2),
            ["epsilon"] = Text(options.Epsilon),
            ["clip"] = Text(options.Clip),
            ["dropout"] = Text(options.Dropout),
            ["seed"] = Text(options.Seed),
            ["shuffle"] = options.Shuffle ? "true" : "false",
        };
        if (options.LowRank is { } adapter)
        {
            run["adapter"] = adapter.ToString();
        }
        return run;
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..16];
    }
}
