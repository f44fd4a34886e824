using System.Text;
using Engine.Chat.Tools;

namespace Engine.Chat;

/// <summary>Splits an answer into thoughts, text and tool calls, token by token.</summary>
internal sealed class AnswerReader
{
    private readonly ReasoningReader? _reasoning;
    private readonly ICallReader? _calls;
    private readonly IReadOnlyList<string> _markers;
    private readonly ITokenizer _tokenizer;
    private readonly List<AnswerPiece> _pieces = [];

    /// <param name="reasoning">Separates thoughts from the answer; null if there are none, or the form recognizes them itself.</param>
    /// <param name="form">The form of tool calls; null to look for none.</param>
    /// <param name="tools">The tools that were offered.</param>
    /// <param name="tokenizer">Provides the texts of control tokens.</param>
    public AnswerReader(ReasoningReader? reasoning, ToolForm? form, ToolSet tools, ITokenizer tokenizer) =>
        (_reasoning, _calls, _markers, _tokenizer) = (reasoning, form?.NewReader(tools), [.. form?.Markers ?? [], .. reasoning is null ? Array.Empty<string>() : ReasoningReader.Marks], tokenizer);

    /// <summary>The number of calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether an answer ends because it calls tools: it has calls, and it was not cut off.</summary>
    public bool EndsInCalls(GeneratedToken? last) => Calls > 0 && last?.FinishReason is FinishReason.EndOfGeneration or FinishReason.Stop;

    /// <summary>The pieces that a token completes, in order. No piece of text is empty.</summary>
    /// <returns>A list that the next call overwrites.</returns>
    public IReadOnlyList<AnswerPiece> Read(GeneratedToken token)
    {
        _pieces.Clear();
        Add(token.Text);
        // Text that is still held back comes before the token's.
        if (_markers.Count > 0 && token.FinishReason != FinishReason.EndOfGeneration && _tokenizer.GetBytes(token.Token).IsEmpty
            && _tokenizer.GetPiece(token.Token) is var marker && _markers.Contains(marker))
        {
            Add(marker);
        }
        if (token.FinishReason is { } reason)
        {
            if (_reasoning?.Finish() is { } rest)
            {
                Add(rest.Text, rest.IsReasoning);
            }
            _calls?.Finish(reason is FinishReason.MaxTokens or FinishReason.ContextFull, _pieces);
        }
        foreach (AnswerPiece piece in _pieces)
        {
            Calls += piece.Call is null ? 0 : 1;
        }
        return _pieces;
    }

    /// <summary>Reads a whole answer.</summary>
    public ReadAnswer ReadAll(IEnumerable<GeneratedToken> tokens)
    {
        var thought = new StringBuilder();
        var text = new StringBuilder();
        var calls = new List<ToolCall>();
        bool thinks = false;
        GeneratedToken? last = null;
        foreach (GeneratedToken token in tokens)
        {
            last = token;
            foreach (AnswerPiece piece in Read(token))
            {
                if (piece.Call is { } call)
                {
                    calls.Add(call);
                }
                else
                {
                    thinks |= piece.Kind == AnswerPieceKind.Thought;
                    (piece.Kind == AnswerPieceKind.Thought ? thought : text).Append(piece.Text);
                }
            }
        }
        return new ReadAnswer(thinks ? thought.ToString() : null, text.ToString(), calls, EndsInCalls(last));
    }

    private void Add(string text)
    {
        if (_reasoning is null)
        {
            Add(text, isThought: false);
            return;
        }
        foreach ((string part, bool isThought) in _reasoning.Add(text))
        {
            Add(part, isThought);
        }
    }

    private void Add(string text, bool isThought)
    {
        if (text.Length == 0)
        {
            return;
        }
        if (_calls is null || isThought)
        {
            _pieces.Add(new AnswerPiece(isThought ? AnswerPieceKind.Thought : AnswerPieceKind.Text, text));
        }
        else
        {
            _calls.Add(text, _pieces);
        }
    }
}

/// <summary>An answer, split into its parts.</summary>
/// <param name="Thought">The model's thoughts; null for none.</param>
/// <param name="Text">The text; may be empty.</param>
/// <param name="Calls">The tool calls, in order.</param>
/// <param name="EndsInCalls">Whether the answer ended because it calls tools.</param>
internal sealed record ReadAnswer(string? Thought, string Text, IReadOnlyList<ToolCall> Calls, bool EndsInCalls);
