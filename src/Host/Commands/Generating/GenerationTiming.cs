namespace Engine.Host.Commands.Generating;

/// <summary>The speed of one generation: of the prompt until its first token, and of the steps after that. Uses the times at which
/// the tokens were computed: a reader may be late and find many at once.</summary>
internal sealed class GenerationTiming
{
    private TimeSpan _first;
    private TimeSpan _last;
    private int _tokens;
    private int _promptTokens;

    public void Mark(GeneratedToken token)
    {
        _last = token.Elapsed;
        if (_tokens++ == 0)
        {
            _first = _last;
            _promptTokens = token.PromptTokens;
        }
    }

    public int PromptTokens => _promptTokens;

    /// <summary>Null before the first token.</summary>
    public double? PrefillTokensPerSecond => _tokens == 0 ? null : Rate(_promptTokens, _first);

    /// <summary>Steps after the first token; null if there is none.</summary>
    public double? DecodeTokensPerSecond => _tokens < 2 ? null : Rate(_tokens - 1, _last - _first);

    /// <summary>Null if the backend reports no times.</summary>
    private static double? Rate(int tokens, TimeSpan time) => time > TimeSpan.Zero ? tokens / time.TotalSeconds : null;
}
