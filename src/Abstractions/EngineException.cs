namespace Engine;

/// <summary>An error whose message is one clear sentence for the user: what was being done, what was expected,
/// what was found, what to do. The derived types are the typed errors of the contract.</summary>
public class EngineException : Exception
{
    /// <summary>An error with its sentence.</summary>
    public EngineException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>The model file cannot be used: missing, malformed, or of a kind that would end the process.</summary>
public sealed class ModelFileException(string message, Exception? inner = null) : EngineException(message, inner)
{
    /// <summary>The message alone says what is wrong: a stack trace, which a host prints when its start fails, would bury it.</summary>
    public override string ToString() => Message;
}

/// <summary>A model did not pass the comparison that its configuration asks for (<see cref="ModelOptions.Gate"/>).</summary>
public sealed class GateException(string message) : EngineException(message)
{
    /// <summary>The message alone says what is wrong: a stack trace, which a host prints when its start fails, would bury it.</summary>
    public override string ToString() => Message;
}

/// <summary>The configuration or a request names something that does not exist or does not fit.</summary>
public sealed class ConfigurationException(string message) : EngineException(message)
{
    /// <summary>The message alone says what is wrong: a stack trace, which a host prints when its start fails, would bury it.</summary>
    public override string ToString() => Message;
}

/// <summary>What was asked is beyond the architecture, the file or the backend.</summary>
public sealed class UnsupportedRequestException(string message) : EngineException(message);

/// <summary>A request's values are invalid (a negative count, an empty list of inputs, …).</summary>
public sealed class InvalidRequestException(string message) : EngineException(message)
{
    /// <summary>The invalid property of the request, such as <c>Constraint</c>; null if unknown.</summary>
    public string? Property { get; init; }
}

/// <summary>Nothing is left to evaluate: no tokens, even after special tokens.</summary>
public sealed class EmptyPromptException(string message) : EngineException(message);

/// <summary>A token id is not in the vocabulary.</summary>
public sealed class TokenOutOfRangeException(int token, int vocabularySize)
    : EngineException($"Reading token ids: expected ids from 0 to {vocabularySize - 1}, found {token}. Use the ids of this model's own tokenizer.")
{
    /// <summary>The id.</summary>
    public int Token { get; } = token;

    /// <summary>V.</summary>
    public int VocabularySize { get; } = vocabularySize;
}

/// <summary>The prompt does not fit the context; nothing is cut silently.</summary>
public sealed class ContextLengthExceededException(int promptTokens, int contextLength)
    : EngineException($"Evaluating a prompt: the context holds {contextLength} tokens, the prompt has {promptTokens}. Shorten the prompt or load the model with a larger context length.")
{
    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; } = promptTokens;

    /// <summary>Tokens the context holds.</summary>
    public int ContextLength { get; } = contextLength;
}

/// <summary>A context would need more memory than there is.</summary>
public sealed class InsufficientMemoryException(string message, long requiredBytes, long availableBytes) : EngineException(message)
{
    /// <summary>Bytes needed.</summary>
    public long RequiredBytes { get; } = requiredBytes;

    /// <summary>Bytes there are (container limit included).</summary>
    public long AvailableBytes { get; } = availableBytes;
}

/// <summary>The model's queue is full.</summary>
public sealed class QueueFullException : EngineException
{
    /// <summary>Creates the error of a full queue.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="waiting">Requests that wait.</param>
    /// <param name="retryAfter">When a place is likely to be free.</param>
    public QueueFullException(string model, int waiting, TimeSpan retryAfter)
        : this($"Taking a request for {model}: {waiting} requests wait already, as many as may (Queue). Send it again in {Math.Max(1, Math.Ceiling(retryAfter.TotalSeconds)):0} s.", retryAfter)
    {
    }

    internal QueueFullException(string message, TimeSpan retryAfter) : base(message) => RetryAfter = retryAfter;

    /// <summary>When a place is likely to be free.</summary>
    public TimeSpan RetryAfter { get; }
}

/// <summary>A request was not answered within its deadline.</summary>
public sealed class DeadlineExceededException : EngineException
{
    /// <summary>Creates the error of a request that took too long.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="deadline">The request's deadline.</param>
    public DeadlineExceededException(string model, TimeSpan deadline)
        : this(FormattableString.Invariant($"Answering a request with {model}: expected the end within {deadline.TotalSeconds:0.###} s (Deadline), it was not reached. Ask for fewer tokens, or give it more time."))
    {
    }

    internal DeadlineExceededException(string message) : base(message)
    {
    }
}

/// <summary>The model computed NaN or infinity.</summary>
public sealed class NonFiniteLogitsException(string message) : EngineException(message)
{
    /// <summary>The activations that the request asked for: they show where NaN arises.</summary>
    public IReadOnlyList<Activation> Activations { get; init; } = [];
}

/// <summary>The native library was not found, could not be loaded, or is not the one this binding was written for.</summary>
public sealed class NativeLibraryException(string message, Exception? inner = null) : EngineException(message, inner);

/// <summary>A device that was named explicitly is not available.</summary>
public sealed class DeviceUnavailableException(string message) : EngineException(message);

/// <summary>The native library failed unexpectedly. Other models of the process are unaffected.</summary>
public sealed class NativeFailureException(string message) : EngineException(message);

/// <summary>The process or the machine that runs the model cannot be reached, has gone, or does not answer as an engine does.</summary>
public sealed class ModelUnavailableException(string message, Exception? inner = null) : EngineException(message, inner);
