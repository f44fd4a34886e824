using System.Diagnostics;

namespace Engine.Host.Commands;

/// <summary>Times one generation: the prompt until its first token, and the steps after that.</summary>
internal sealed class GenerationTiming
{
    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _first;
    private long _last;
    private int _tokens;
    private int _promptTokens;

    public void Mark(GeneratedToken token)
    {
        _last = Stopwatch.GetTimestamp();
        if (_tokens++ == 0)
        {
            _first = _last;
            _promptTokens = token.PromptTokens;
        }
    }

    public int PromptTokens => _promptTokens;

    /// <summary>Null before the first token.</summary>
    public double? PrefillTokensPerSecond => _tokens == 0 ? null : Rate(_promptTokens, _begin, _first);

    /// <summary>Steps after the first token; null where there is none.</summary>
    public double? DecodeTokensPerSecond => _tokens < 2 ? null : Rate(_tokens - 1, _first, _last);

    private static double Rate(int tokens, long begin, long end) => tokens / Math.Max(Stopwatch.GetElapsedTime(begin, end).TotalSeconds, 1e-9);
}
