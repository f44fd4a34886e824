namespace Engine.Serving;

/// <summary>How many tokens a step may hold, so that nobody waits long for its end: worked out from how long the model's own steps took.</summary>
/// <param name="most">Tokens of a step at the most.</param>
internal sealed class StepBudget(int most)
{
    private const double Weight = 0.25;      // of the latest step in the mean
    private const double Patience = 0.25;    // seconds: what was cancelled leaves the batch between steps
    private const double Burst = 1;          // seconds, where more wait for their first token than for their next one
    private const int Informative = 8;       // a step of fewer tokens says little of what one more costs
    private const int Fewest = 32;        // beside decoders: fewer would make a prompt wait for many of their steps
    private const int FirstGuess = 64;
    private double _secondsPerToken;

    /// <summary>Takes note of a step.</summary>
    public void Record(int tokens, TimeSpan time)
    {
        if (tokens >= Informative)
        {
            double seconds = time.TotalSeconds / tokens;
            _secondsPerToken = _secondsPerToken == 0 ? seconds : _secondsPerToken + Weight * (seconds - _secondsPerToken);
        }
    }

    /// <summary>Tokens for prompts.</summary>
    /// <param name="decoding">Sequences that have a token in the same step.</param>
    /// <param name="reading">Sequences whose prompt is not read to its end.</param>
    public int ForPrompts(int decoding, int reading)
    {
        int room = Math.Max(0, most - decoding);
        if (_secondsPerToken == 0)
        {
            return Math.Min(room, FirstGuess);
        }
        return (int)Math.Min(room, Math.Max(Fewest, (reading > decoding ? Burst : Patience) / _secondsPerToken - decoding));
    }
}
