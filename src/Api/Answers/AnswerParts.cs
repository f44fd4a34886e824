using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Api.Answers;

/// <summary>Separates the thoughts, text and tool calls of one answer as its tokens arrive.</summary>
/// <param name="reader">Recognizes them; null for an answer of text only.</param>
internal sealed class AnswerParts(AnswerReader? reader)
{
    private readonly AnswerPiece[] _text = new AnswerPiece[1];

    /// <summary>The last token that was read; null before the first.</summary>
    public GeneratedToken? Last { get; private set; }

    /// <summary>Whether the answer calls tools.</summary>
    public bool HasCalls => reader?.Calls > 0;

    /// <summary>The pieces that a token completes, in order. The list is reused for the next token.</summary>
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
