namespace Engine.Host.Commands;

/// <summary>Writes an answer as it comes; on a terminal without the control characters that a model may make up.</summary>
internal sealed class AnswerStream(TextWriter output)
{
    private readonly bool _isTerminal = !Console.IsOutputRedirected;
    private bool _atLineStart = true;

    public void Write(string text)
    {
        if (text.Length == 0)
        {
            return;
        }
        output.Write(_isTerminal ? string.Create(text.Length, text, Replace) : text);
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

    private static void Replace(Span<char> target, string text)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = char.IsControl(text[i]) && text[i] is not ('\n' or '\t') ? '\uFFFD' : text[i];
        }
    }
}
