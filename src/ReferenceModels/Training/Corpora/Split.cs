using ReferenceModels.Ops;

namespace ReferenceModels.Training.Corpora;

/// <summary>Splits a corpus by what its texts are about, not by text: a combination (who, where, what happens) is in only one part, although
/// each of its members is in both.</summary>
internal static class Split
{
    private const ulong Basis = 14695981039346656037, Prime = 1099511628211;

    /// <summary>The part of a combination: one in ten is held out, by its hash (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/).</summary>
    public static CorpusPart Of(params ReadOnlySpan<string> combination)
    {
        ulong hash = Basis;
        foreach (string member in combination)
        {
            foreach (char c in member)
            {
                hash = unchecked((hash ^ c) * Prime);
            }
            hash = unchecked((hash ^ 0xFF) * Prime);
        }
        return Dropout.Mix(hash) % 10 == 0 ? CorpusPart.HeldOut : CorpusPart.Training;
    }
}
