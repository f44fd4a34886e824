using Engine;
using Engine.Gguf;

namespace ReferenceModels.Models;

/// <summary>The number of experts, how many of them a token goes to, and their width.</summary>
/// <param name="E">expert_count.</param>
/// <param name="k">expert_used_count.</param>
/// <param name="f">Width of an expert's feed-forward.</param>
internal sealed record ExpertConfig(int E, int k, int f)
{
    /// <summary>Reads the numbers.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="c">The sizes.</param>
    /// <param name="ownWidth">Whether a file may give experts their own width, expert_feed_forward_length; otherwise, or if that key is
    /// absent, the width is <paramref name="absent"/> of k.</param>
    /// <param name="absent">The width as a function of k, for a file that does not give it.</param>
    /// <exception cref="ModelFileException">The numbers do not describe a valid model.</exception>
    /// <exception cref="UnsupportedRequestException">They describe a model that is not implemented here.</exception>
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
            throw new UnsupportedRequestException($"Loading a model of '{c.Architecture}': the reference backend has no expert groups, but this file has {groups}. Use the llama.cpp backend.");
        }
        int f = ownWidth ? read.PerLayer("expert_feed_forward_length", c.N, absent: 0) : 0;
        return new ExpertConfig(E, k, f > 0 ? f : absent(k));
    }
}
