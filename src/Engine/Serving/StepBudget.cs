namespace Engine.Serving;

/// <summary>Limits the tokens of a step so that nobody waits long for its end, based on how long the model's steps have taken.</summary>
/// <param name="most">The maximum number of tokens of a step.</param>
internal sealed class StepBudget(int most)
{
    private const double Weight = 0.25;      // of the latest step in the mean
    private const double Patience = 0.25;    // seconds per step, because cancelled requests leave the batch between steps
    private const double Burst = 1;          // seconds per step, if more sequences wait for their first token than for their next one, or it holds only prompts
    private const double LongestRead = 2;    // seconds of steps with only prompts, while others wait for their next token
    private const int Informative = 8;       // a step of fewer tokens says little about the cost of one more
    private const int MinTokens = 32;        // of prompts in a step with decoders; with fewer, a prompt would wait for many of their steps
    private const int FirstGuess = 64;
    private double _secondsPerToken;
    private double _secondsRead; // since the last step that gave tokens

    /// <summary>Records a step.</summary>
    /// <param name="tokens">Tokens it held.</param>
    /// <param name="time">How long it took.</param>
    /// <param name="readsOnly">Whether it held only prompts.</param>
    public void Record(int tokens, TimeSpan time, bool readsOnly)
    {
        _secondsRead = readsOnly ? _secondsRead + time.TotalSeconds : 0;
        if (tokens >= Informative)
        {
            double seconds = time.TotalSeconds / tokens;
            _secondsPerToken = _secondsPerToken == 0 ? seconds : _secondsPerToken + Weight * (seconds - _secondsPerToken);
        }
    }

    /// <summary>Whether prompts come next if a step holds either prompts or tokens. First tokens take precedence, up to a limit.</summary>
    /// <param name="decoding">Sequences that wait for their next token.</param>
    /// <param name="reading">Sequences whose prompt is not read to its end.</param>
    public bool ReadsNext(int decoding, int reading) =>
        reading > 0 && (decoding == 0 || _secondsRead < (reading >= decoding ? LongestRead : LongestRead / 2));

    /// <summary>Tokens for prompts.</summary>
    /// <param name="planned">Tokens that the step holds already.</param>
    /// <param name="decoding">Sequences that wait for their next token in this step; 0 if it holds prompts alone.</param>
    /// <param name="reading">Sequences whose prompt is not read to its end.</param>
    public int ForPrompts(int planned, int decoding, int reading)
    {
        int room = Math.Max(0, most - planned);
        if (_secondsPerToken == 0)
        {
            return Math.Min(room, FirstGuess);
        }
        return (int)Math.Min(room, Math.Max(MinTokens, (reading > decoding ? Burst : Patience) / _secondsPerToken - planned));
    }
}
