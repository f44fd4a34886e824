using System.Text;
using Engine.Host.Commands.Tokenization;

namespace Engine.Host.Commands.Generating;

/// <summary>Writes an answer as it arrives; on a terminal wrapped at words, and without control characters that a model may produce.</summary>
internal sealed class AnswerStream(TextWriter output, int? width)
{
    /// <summary>The word at the end of the line so far: if it grows past the edge, it moves to the next line.</summary>
    private readonly StringBuilder _word = new();
    private int _wordColumns;
    private int _column;
    private bool _atLineStart = true;

    public void Write(string text)
    {
        if (text.Length == 0)
        {
            return;
        }
        output.Write(width is { } columns ? Fit(text, columns - 1) : text);
        _atLineStart = text[^1] == '\n';
    }

    public void EndLine()
    {
        if (!_atLineStart)
        {
            output.WriteLine();
            _atLineStart = true;
        }
    }

    // The last column stays empty: terminals differ in where the cursor goes after it.
    private string Fit(string text, int columns)
    {
        var fitted = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                Break(fitted);
                continue;
            }
            Rune shown = Rune.IsControl(rune) ? rune.Value == '\t' ? new Rune(' ') : Rune.ReplacementChar : rune;
            int cells = PieceText.Cells(shown);
            if (_column + cells > columns)
            {
                if (shown.Value == ' ')
                {
                    Break(fitted);
                    continue;
                }
                MoveWord(fitted);
            }
            fitted.Append(shown.ToString());
            _column += cells;
            // Scripts without blanks may be broken anywhere; so may a word that fills the line.
            if (shown.Value == ' ' || cells > 1 || _wordColumns + cells >= columns)
            {
                _word.Clear();
                _wordColumns = 0;
            }
            else
            {
                _word.Append(shown.ToString());
                _wordColumns += cells;
            }
        }
        return fitted.ToString();
    }

    private void MoveWord(StringBuilder fitted)
    {
        string word = _word.ToString();
        int cells = _wordColumns;
        fitted.Append('\b', cells).Append(' ', cells);
        Break(fitted);
        fitted.Append(word);
        _word.Append(word);
        _column = _wordColumns = cells;
    }

    private void Break(StringBuilder fitted)
    {
        fitted.Append('\n');
        _word.Clear();
        _column = _wordColumns = 0;
    }
}
