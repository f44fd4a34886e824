namespace Engine;

/// <summary>Sees the steps of a generation on the thread that computes them, where the model runs in this process.</summary>
internal interface IStepTap
{
    /// <summary>The generation is about to begin.</summary>
    /// <param name="prompt">Ids of the prompt (of the source, for an encoder–decoder).</param>
    void Begin(IReadOnlyList<int> prompt);

    /// <summary>A token was chosen.</summary>
    /// <param name="token">Its id.</param>
    /// <param name="logits">The row (V) of its step, before anything was done with it; it is the model's and changes after the call.</param>
    void Take(int token, ReadOnlySpan<float> logits);
}
