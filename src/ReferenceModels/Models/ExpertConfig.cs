using Engine;
using Engine.Gguf;

namespace ReferenceModels.Models;

/// <summary>How many experts there are, how many a token goes to, and how wide they are.</summary>
/// <param name="E">expert_count.</param>
/// <param name="k">expert_used_count.</param>
/// <param name="f">Width of an expert's feed-forward.</param>
internal sealed record ExpertConfig(int E, int k, int f)
{
    /// <summary>Reads the numbers.</summary>
    /// <param name="metadata">A file's.</param>
    /// <param name="c">The sizes.</param>
    /// <param name="ownWidth">Whether a file may give experts a width of their own, expert_feed_forward_length; else, and where it does not say
    /// it there, <paramref name="absent"/> of k holds.</param>
    /// <param name="absent">The width by k where the file gives experts none of their own.</param>
    /// <exception cref="ModelFileException">They make no model.</exception>
    /// <exception cref="UnsupportedRequestException">They are one's that is not implemented here.</exception>
    public static ExpertConfig Read(GgufMetadata metadata, RotaryConfig c, bool ownWidth, Func<int, int> absent)
    {
        var read = new ConfigReader(metadata, c.Architecture);
        (int E, int k) = (read.Positive("expert_count"), read.PerLayer("expert_used_count", c.N));
        if (k > E)
        {
            throw read.Refuse("expert_used_count", $"at most the {E} experts of expert_count", $"{k}");
        }
        if (read.Number("expert_group_count", 0) is > 1 and int groups)
        {
            throw new UnsupportedRequestException($"Loading a model of '{c.Architecture}': the reference backend chooses among all experts, this file has them in {groups} groups. Use the llama.cpp backend.");
        }
        int f = ownWidth ? read.PerLayer("expert_feed_forward_length", c.N, absent: 0) : 0;
        return new ExpertConfig(E, k, f > 0 ? f : absent(k));
    }
}
