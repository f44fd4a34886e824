using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>
/// Standard error. On a terminal, lines are wrapped at words and the progress line gives way to all others. If nothing
/// can be written to it, there is no way to say so: only the exit code remains.
/// </summary>
internal sealed class StandardError : TextWriter
{
    private readonly TextWriter _inner = Console.Error;
    private readonly Lock _lock = new();
    private int _progress;
    private bool _hasEnded;

    private StandardError()
    {
    }

    public static StandardError Instance { get; } = new();

    public override Encoding Encoding => _inner.Encoding;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_lock)
        {
            ClearProgress();
            Send(value ?? "");
        }
    }

    public override void WriteLine(string? value) => Write(Screen.ErrorWidth is { } width ? Wrap(value ?? "", width) : value + NewLine);

    /// <summary>Shows progress, replacing what was shown before; does nothing if this is not a terminal.</summary>
    /// <param name="forms">The line in several forms, longest first: the first that fits the terminal is used.</param>
    public void ShowProgress(params ReadOnlySpan<string> forms)
    {
        if (Screen.ErrorWidth is not { } width)
        {
            return;
        }
        string line = Fitting(width, forms);
        lock (_lock)
        {
            if (!_hasEnded)
            {
                Send($"\r{line.PadRight(_progress)}");
                _progress = line.Length;
            }
        }
    }

    /// <summary>Removes the progress line.</summary>
    public void ClearProgress()
    {
        lock (_lock)
        {
            if (_progress > 0)
            {
                Send($"\r{new string(' ', _progress)}\r");
                _progress = 0;
            }
        }
    }

    /// <summary>Stops showing progress: what is left behind may still report some.</summary>
    public void EndProgress()
    {
        lock (_lock)
        {
            ClearProgress();
            _hasEnded = true;
        }
    }

    /// <summary>The first form that leaves the last column empty, or as much of the shortest one as fits.</summary>
    internal static string Fitting(int width, params ReadOnlySpan<string> forms)
    {
        foreach (string form in forms)
        {
            if (form.Length < width)
            {
                return form;
            }
        }
        return forms[^1][..Math.Max(0, width - 1)];
    }

    /// <summary>Lines of at most <paramref name="width"/> columns.</summary>
    internal static string Wrap(string lines, int width)
    {
        var text = new StringBuilder();
        foreach (string line in lines.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.Length <= width)
            {
                text.AppendLine(line);
                continue;
            }
            int indent = Math.Min(line.TakeWhile(letter => letter == ' ').Count(), width / 2);
            Paragraph.Append(text.Append(' ', indent), line, width, indent);
        }
        return text.ToString();
    }

    private void Send(string text)
    {
        try
        {
            _inner.Write(text);
        }
        catch (Exception e) when (SystemRefusal.Is(e))
        {
            // See the class: only the exit code remains.
        }
    }
}
