using System.Diagnostics.CodeAnalysis;

namespace Engine.Chat;

/// <summary>Separates a model's reasoning (between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, at the beginning) from its answer as the text arrives.</summary>
internal sealed class ReasoningReader
{
    public const string Begin = "<think>";
    public const string End = "</think>";

    /// <summary>Both marks, which may be control tokens.</summary>
    public static readonly string[] Marks = [Begin, End];

    private string _held = "";
    private bool? _isReasoning;  // null while undecided
    private bool _begins;        // at the beginning of a part: spaces around the marks belong to neither part

    /// <param name="isOpen">Whether the prompt has already opened the reasoning.</param>
    private ReasoningReader(bool isOpen) => (_isReasoning, _begins) = (isOpen ? true : null, isOpen);

    /// <summary>A reader of the answer to a prompt; null if the model's template has no reasoning, so that all text is the answer.</summary>
    public static ReasoningReader? For(ChatTemplate? template, Prompt prompt) =>
        Knows(template) ? new ReasoningReader(IsOpen(prompt)) : null;

    /// <summary>Whether a prompt has already opened the reasoning.</summary>
    public static bool IsOpen(Prompt prompt) => prompt.Parts is [.., { IsMarkup: true } last] && last.Text.AsSpan().TrimEnd().EndsWith(Begin);

    /// <summary>Whether a template has reasoning.</summary>
    public static bool Knows([NotNullWhen(true)] ChatTemplate? template) =>
        template is not null && (template.Source.Contains(End, StringComparison.Ordinal) || template.Source.Contains(Begin, StringComparison.Ordinal));

    /// <summary>What a piece of text adds to the reasoning and to the answer; null for nothing.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="isLast">Whether it is the last piece, after which nothing is held back.</param>
    public (string? Thought, string? Answer) Read(string text, bool isLast)
    {
        (string? thought, string? answer) = (null, null);
        foreach ((string part, bool isReasoning) in Add(text))
        {
            (thought, answer) = isReasoning ? (thought + part, answer) : (thought, answer + part);
        }
        return !isLast || Finish() is not { } rest ? (thought, answer)
            : rest.IsReasoning ? (thought + rest.Text, answer) : (thought, answer + rest.Text);
    }

    /// <summary>The texts that a piece of text completes, in order.</summary>
    public IEnumerable<(string Text, bool IsReasoning)> Add(string text)
    {
        _held += text;
        if (_isReasoning is null)
        {
            string begin = _held.TrimStart();
            if (begin.StartsWith(Begin, StringComparison.Ordinal))
            {
                (_held, _isReasoning, _begins) = (begin[Begin.Length..], true, true);
            }
            else if (!Begin.StartsWith(begin, StringComparison.Ordinal))
            {
                _isReasoning = false;
            }
        }
        if (_isReasoning == true)
        {
            SkipBlanks();
            int end = _held.IndexOf(End, StringComparison.Ordinal);
            int certain = end >= 0 ? end : _held.Length - Overlap(_held);
            if (certain > 0)
            {
                yield return (_held[..certain], true);
            }
            _held = _held[certain..];
            if (end >= 0)
            {
                (_held, _isReasoning, _begins) = (_held[End.Length..], false, true);
            }
        }
        if (_isReasoning == false)
        {
            SkipBlanks();
            if (_held.Length > 0)
            {
                yield return (_held, false);
                _held = "";
            }
        }
    }

    /// <summary>Splits a whole answer into the reasoning, null for none, and the answer itself.</summary>
    public (string? Thought, string Answer) Split(string text)
    {
        (string? thought, string? answer) = Read(text, isLast: true);
        return (thought, answer ?? "");
    }

    /// <summary>The text that was still held back when the text ended.</summary>
    public (string Text, bool IsReasoning)? Finish() => _held.Length == 0 ? null : (_held, _isReasoning == true);

    private void SkipBlanks()
    {
        if (_begins)
        {
            _held = _held.TrimStart();
            _begins = _held.Length == 0;
        }
    }

    /// <summary>The number of characters at the end of a text that may be the beginning of the end mark.</summary>
    private static int Overlap(string text)
    {
        int length = Math.Min(text.Length, End.Length - 1);
        while (!text.AsSpan(text.Length - length).SequenceEqual(End.AsSpan(0, length)))
        {
            length--;
        }
        return length;
    }
}
