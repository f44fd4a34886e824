using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>Concatenates texts and keeps the origin of each character.</summary>
/// <param name="budget">Pays for what is written.</param>
internal sealed class TextBuilder(Budget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<Run> _runs = [];

    public int Length => _text.Length;

    public TextBuilder Append(string own) => Append(own, isForeign: false);

    public TextBuilder Append(string value, bool isForeign)
    {
        if (value.Length > 0)
        {
            budget.SpendOnText(value.Length);
            _text.Append(value);
            Extend(_text.Length, isForeign);
        }
        return this;
    }

    public TextBuilder Append(Text text)
    {
        budget.SpendOnText(text.Value.Length);
        int start = _text.Length;
        _text.Append(text.Value);
        foreach (Run run in text.Runs)
        {
            Extend(start + run.End, run.IsForeign);
        }
        return this;
    }

    public Text ToText() => _text.Length == 0 ? Text.Empty : new(_text.ToString(), [.. _runs]);

    private void Extend(int end, bool isForeign)
    {
        if (_runs.Count > 0 && _runs[^1].IsForeign == isForeign)
        {
            _runs[^1] = new Run(end, isForeign);
        }
        else
        {
            _runs.Add(new Run(end, isForeign));
        }
    }
}
