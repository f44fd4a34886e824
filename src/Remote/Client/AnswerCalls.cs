using System.Buffers;
using Engine.Remote.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Engine.Remote.Client;

/// <summary>The calls with large numeric answers: the numbers go from the connection's buffer straight to where they belong. Through message objects,
/// as in generated code, they would be copied twice.</summary>
internal static class AnswerCalls
{
    /// <summary>Stands for a part whose values have already been read.</summary>
    public static readonly AnswerPart Landed = new();

    /// <summary>How values stand in a part: their number, and the wire's type of bytes.</summary>
    private const byte ValuesTag = (AnswerPart.ValuesFieldNumber << 3) | 2;

    private const int LongestHead = 6;

    private static readonly AsyncLocal<AnswerAssembler?> Reader = new();

    private static readonly Marshaller<AnswerPart> Parts = Marshallers.Create((_, _) => throw new NotSupportedException("A client sends no answers."), Read);

    private static readonly Method<ScoreCall, AnswerPart> ScoreMethod = Create<ScoreCall>(nameof(Score), ScoreCall.Parser);

    private static readonly Method<EmbedCall, AnswerPart> EmbedMethod = Create<EmbedCall>(nameof(Embed), EmbedCall.Parser);

    public static AsyncServerStreamingCall<AnswerPart> Score(CallInvoker channel, ScoreCall call, CallOptions options) =>
        channel.AsyncServerStreamingCall(ScoreMethod, null, options, call);

    public static AsyncServerStreamingCall<AnswerPart> Embed(CallInvoker channel, EmbedCall call, CallOptions options) =>
        channel.AsyncServerStreamingCall(EmbedMethod, null, options, call);

    /// <summary>From here on, in this async flow, values go to this reader.</summary>
    public static void LandIn(AnswerAssembler reader) => Reader.Value = reader;

    private static AnswerPart Read(DeserializationContext context)
    {
        ReadOnlySequence<byte> payload = context.PayloadAsReadOnlySequence();
        return Reader.Value is { } reader && ValuesOf(payload) is { } values && reader.TryLand(values) ? Landed : AnswerPart.Parser.ParseFrom(payload);
    }

    /// <summary>The values of a part that contains nothing else; null for other parts.</summary>
    private static ReadOnlySequence<byte>? ValuesOf(in ReadOnlySequence<byte> payload)
    {
        Span<byte> head = stackalloc byte[LongestHead];
        int given = (int)Math.Min(head.Length, payload.Length);
        payload.Slice(0, given).CopyTo(head);
        if (given == 0 || head[0] != ValuesTag)
        {
            return null;
        }
        long length = 0;
        for (int i = 1; i < given; i++)
        {
            length |= (long)(head[i] & 0x7F) << (7 * (i - 1));
            if (head[i] < 0x80)
            {
                return payload.Length - i - 1 == length ? payload.Slice(i + 1) : null;
            }
        }
        return null;
    }

    private static Method<TCall, AnswerPart> Create<TCall>(string name, MessageParser<TCall> parser) where TCall : class, IMessage<TCall> => new(
        MethodType.ServerStreaming, Models.Descriptor.FullName, name,
        Marshallers.Create(
            (TCall call, SerializationContext context) =>
            {
                context.SetPayloadLength(call.CalculateSize());
                call.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        Parts);
}
