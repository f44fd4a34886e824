using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.Answers;

/// <summary>Tells thoughts, text and calls of one answer apart, as its tokens come.</summary>
/// <param name="reader">What tells them; null for an answer that is text alone.</param>
internal sealed class AnswerParts(AnswerReader? reader)
{
    private readonly AnswerPiece[] _text = new AnswerPiece[1];

    /// <summary>The last token that was read; null before the first.</summary>
    public GeneratedToken? Last { get; private set; }

    /// <summary>Whether the answer calls tools.</summary>
    public bool HasCalls => reader?.Calls > 0;

    /// <summary>What a token makes certain, in its order. The list is overwritten with the next token.</summary>
    public IReadOnlyList<AnswerPiece> Read(GeneratedToken token)
    {
        Last = token;
        if (reader is not null)
        {
            return reader.Read(token);
        }
        if (token.Text.Length == 0)
        {
            return [];
        }
        _text[0] = new AnswerPiece(AnswerPieceKind.Text, token.Text);
        return _text;
    }

    /// <summary>A whole answer.</summary>
    public ReadAnswer Read(Answer answer)
    {
        Last = answer.Last;
        return reader?.ReadAll(answer.Tokens) ?? new ReadAnswer(null, answer.Text, [], false);
    }
}
