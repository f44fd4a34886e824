using Google.Protobuf;
using Grpc.Core;

namespace Engine.Remote.Protocol;

/// <summary>The typed errors of the contract as trailers, and back: the same exception with the same message on either side.</summary>
internal static class Failures
{
    /// <summary>The kind of error that refuses a call made for an earlier version of the model.</summary>
    public const string Changed = nameof(Changed);

    private const string Trailer = "engine-failure-bin";

    /// <summary>The maximum length of a message, in characters: trailers have room for 64 KiB, and a message may quote what the client sent.</summary>
    private const int MaxCharacters = 3000;

    /// <summary>An exception of the contract as one of the transport.</summary>
    public static RpcException ToRpc(EngineException e)
    {
        string kind = e.GetType() == typeof(EngineException) ? "Engine" : e.GetType().Name.Replace(nameof(Exception), "", StringComparison.Ordinal);
        var failure = new FailureDetail { Kind = kind, Message = Shorten(e.Message) };
        StatusCode code = StatusCode.Internal;
        switch (e)
        {
            case TokenOutOfRangeException range:
                (failure.Token, failure.VocabularySize, code) = (range.Token, range.VocabularySize, StatusCode.InvalidArgument);
                break;
            case ContextLengthExceededException length:
                (failure.PromptTokens, failure.ContextLength, code) = (length.PromptTokens, length.ContextLength, StatusCode.InvalidArgument);
                break;
            case InsufficientMemoryException memory:
                (failure.RequiredBytes, failure.AvailableBytes, code) = (memory.RequiredBytes, memory.AvailableBytes, StatusCode.ResourceExhausted);
                break;
            case QueueFullException full:
                (failure.RetryAfter, code) = (full.RetryAfter.Ticks, StatusCode.ResourceExhausted);
                break;
            case InvalidRequestException invalid:
                code = StatusCode.InvalidArgument;
                if (invalid.Property is { } property)
                {
                    failure.Property = property;
                }
                break;
            case EmptyPromptException:
                code = StatusCode.InvalidArgument;
                break;
            case UnsupportedRequestException:
                code = StatusCode.FailedPrecondition;
                break;
            case DeadlineExceededException:
                code = StatusCode.DeadlineExceeded;
                break;
            case ConfigurationException:
                code = StatusCode.NotFound;
                break;
            case NativeFailureException or ModelUnavailableException:
                code = StatusCode.Unavailable;
                break;
        }
        return ToRpc(failure, code);
    }

    /// <summary>Refuses a call made for an earlier version of the model.</summary>
    public static RpcException OfChange() =>
        ToRpc(new FailureDetail { Kind = Changed, Message = "The model has changed since it was described. Describe it again." }, StatusCode.FailedPrecondition);

    /// <summary>The error that a call failed with; null if the other side did not report it in the protocol's form.</summary>
    public static FailureDetail? Of(RpcException e)
    {
        try
        {
            return e.Trailers.GetValueBytes(Trailer) is { } bytes ? FailureDetail.Parser.ParseFrom(bytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null; // treated as missing: the status says enough
        }
    }

    /// <summary>The exception of the contract.</summary>
    /// <param name="failure">Any kind but <see cref="Changed"/>.</param>
    /// <param name="activations">The activations received before it.</param>
    public static EngineException ToException(FailureDetail failure, IReadOnlyList<Activation> activations) => failure.Kind switch
    {
        "ModelFile" => new ModelFileException(failure.Message),
        "Gate" => new GateException(failure.Message),
        "Configuration" => new ConfigurationException(failure.Message),
        "UnsupportedRequest" => new UnsupportedRequestException(failure.Message),
        "InvalidRequest" => new InvalidRequestException(failure.Message) { Property = failure.HasProperty ? failure.Property : null },
        "EmptyPrompt" => new EmptyPromptException(failure.Message),
        "TokenOutOfRange" => new TokenOutOfRangeException(failure.Token, failure.VocabularySize),
        "ContextLengthExceeded" => new ContextLengthExceededException(failure.PromptTokens, failure.ContextLength),
        "InsufficientMemory" => new InsufficientMemoryException(failure.Message, failure.RequiredBytes, failure.AvailableBytes),
        "QueueFull" => new QueueFullException(failure.Message, new TimeSpan(failure.RetryAfter)),
        "DeadlineExceeded" => new DeadlineExceededException(failure.Message),
        "NonFiniteLogits" => new NonFiniteLogitsException(failure.Message) { Activations = activations },
        "NativeLibrary" => new NativeLibraryException(failure.Message),
        "DeviceUnavailable" => new DeviceUnavailableException(failure.Message),
        "NativeFailure" => new NativeFailureException(failure.Message),
        "ModelUnavailable" => new ModelUnavailableException(failure.Message),
        _ => new EngineException(failure.Message),
    };

    private static RpcException ToRpc(FailureDetail failure, StatusCode code) =>
        new(new Status(code, failure.Message), new Metadata { { Trailer, failure.ToByteArray() } });

    private static string Shorten(string text) => text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";
}
