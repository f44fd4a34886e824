using System.Runtime.InteropServices;
using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Separates calls, which begin with a trigger or stand alone at the beginning of a line, from the text around them. A call is
/// returned when it is complete. What turns out not to be a call is text.</summary>
internal sealed class CallReader(ToolForm form, ToolSet tools) : ICallReader
{
    /// <summary>The maximum number of spaces held back, because those before a call are dropped.</summary>
    private const int MaxBlanks = 64;

    /// <summary>The first names of an object that may be a bare call.</summary>
    private static readonly string[] FirstNames = ["\"name\"", "\"type\"", "\"id\"", "\"function\"", "\"parameters\"", "\"arguments\""];

    private readonly List<char> _held = [];
    private readonly IReadOnlyList<string> _triggers = form.Triggers;
    private readonly bool _isBare = form.IsBare;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private State _state;
    private string _lead = "";    // in a call: the blanks and the trigger before the held text
    private int _read;            // in a call: how much of the held text has been read
    private int _json;            // in a call: where JSON begins in the held text
    private JsonScan _scan;
    private bool _isBareCall;
    private bool _atLineStart = true;
    private int _calls;

    private enum State
    {
        Prose,

        /// <summary>After a call, or before the first of several: only blanks and skipped text.</summary>
        Between,

        Head,
        Json,

        /// <summary>In a call that ends with the answer.</summary>
        Rest,
    }

    private ReadOnlySpan<char> Held => CollectionsMarshal.AsSpan(_held);

    public void Add(string text, List<AnswerPiece> pieces)
    {
        _held.AddRange(text);
        Advance(pieces);
    }

    public void Finish(bool isCut, List<AnswerPiece> pieces)
    {
        while (_state is State.Head or State.Json or State.Rest)
        {
            if (_state == State.Rest && !isCut && form.Read(new string(Held), null, tools) is { } calls)
            {
                Call(calls, _held.Count, pieces);
            }
            else if (isCut)
            {
                Leave(State.Between, _held.Count);
            }
            else
            {
                Break(pieces);
                Advance(pieces);
            }
        }
        if (_state == State.Prose && !(isCut && tools.Mode == ToolMode.Required))
        {
            Say(_held.Count, pieces);
        }
        _held.Clear();
    }

    private void Advance(List<AnswerPiece> pieces)
    {
        while (_state switch
        {
            State.Prose => ReadProse(pieces),
            State.Between => ReadBetween(),
            State.Head => ReadHead(pieces),
            State.Json => ReadJson(pieces),
            _ => false,
        })
        {
        }
    }

    private bool ReadProse(List<AnswerPiece> pieces)
    {
        (int at, string trigger) = ToolForm.Find(Held, _triggers);
        if (_isBare && FindBare(at < 0 ? _held.Count : at) is var bracket and >= 0)
        {
            (at, trigger) = (bracket, "");
        }
        if (at >= 0)
        {
            int said = Held[..at].TrimEnd().Length;
            string blanks = new(Held[said..at]);
            Say(said, pieces);
            _held.RemoveRange(0, blanks.Length + trigger.Length);
            (_lead, _read, _json, _scan, _isBareCall) = (blanks + trigger, 0, 0, default, trigger.Length == 0);
            _state = _isBareCall ? State.Json : State.Head;
            return true;
        }
        int certain = _held.Count - Overlap(Held, _triggers);
        int text = Held[..certain].TrimEnd().Length;
        Say(certain - text > MaxBlanks ? certain : text, pieces);
        return false;
    }

    /// <summary>Finds a bracket at the beginning of a line.</summary>
    private int FindBare(int end)
    {
        bool atLineStart = _atLineStart;
        ReadOnlySpan<char> held = Held[..end];
        for (int i = 0; i < held.Length; i++)
        {
            if (atLineStart && held[i] is '{' or '[')
            {
                return i;
            }
            atLineStart = held[i] == '\n' || (atLineStart && char.IsWhiteSpace(held[i]));
        }
        return -1;
    }

    private bool ReadBetween()
    {
        int blanks = Held.Length - Held.TrimStart().Length;
        _held.RemoveRange(0, blanks);
        if (_held.Count == 0)
        {
            return false;
        }
        (int at, string found) = ToolForm.Find(Held, form.Skipped);
        if (at == 0)
        {
            _held.RemoveRange(0, found.Length);
            return true;
        }
        // The held text may still become skipped text or a trigger.
        if (StartsAny(form.Skipped) || StartsAny(_triggers))
        {
            return false;
        }
        _state = State.Prose;
        return true;
    }

    private bool ReadHead(List<AnswerPiece> pieces)
    {
        while (_read < _held.Count)
        {
            _read++;
            switch (form.Head(Held[.._read]))
            {
                case CallHead.Json:
                    (_json, _scan, _state) = (--_read, default, State.Json);
                    return true;
                case CallHead.Call:
                    return Made(form.Read(new string(Held[.._read]), null, tools), pieces);
                case CallHead.Rest:
                    _state = State.Rest;
                    return false;
                case CallHead.Broken:
                    return Break(pieces);
                default:
                    break;
            }
        }
        return false;
    }

    private bool ReadJson(List<AnswerPiece> pieces)
    {
        while (_read < _held.Count)
        {
            if (!_scan.Read(_held[_read++]) || (_isBareCall && !IsPlausible(Held[.._read])))
            {
                return Break(pieces);
            }
            if (_scan.IsWhole)
            {
                JsonElement? json = CallJson.Parse(Held[_json.._read]);
                IReadOnlyList<WrittenCall>? calls = json is null ? null : form.Read(new string(Held[.._json]), json, tools);
                return Made(calls, pieces);
            }
        }
        return false;
    }

    /// <summary>Whether a beginning can become a bare call, which is an object whose first name is one that calls begin with.</summary>
    private static bool IsPlausible(ReadOnlySpan<char> text)
    {
        if (text.Length > 40)
        {
            return true; // has been checked before
        }
        if (text[0] == '[')
        {
            text = text[1..].TrimStart();
        }
        if (text.Length == 0)
        {
            return true;
        }
        if (text[0] != '{')
        {
            return false;
        }
        text = text[1..].TrimStart();
        foreach (string name in FirstNames)
        {
            if (text.StartsWith(name, StringComparison.Ordinal) || name.AsSpan().StartsWith(text, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private bool Made(IReadOnlyList<WrittenCall>? calls, List<AnswerPiece> pieces)
    {
        if (calls is null)
        {
            return Break(pieces);
        }
        Call(calls, _read, pieces);
        return true;
    }

    private void Call(IReadOnlyList<WrittenCall> calls, int length, List<AnswerPiece> pieces)
    {
        foreach (WrittenCall call in calls)
        {
            string id = call.Id is { Length: > 0 } own && _ids.Add(own) ? own : ToolCallIds.New();
            pieces.Add(AnswerPiece.Of(new ToolCall(_calls++, id, call.Name, call.Arguments)));
        }
        Leave(State.Between, length);
    }

    /// <summary>Turns what seemed to be a call into text: its trigger, or everything read of it if it has none.</summary>
    private bool Break(List<AnswerPiece> pieces)
    {
        int read = _isBareCall ? _read : 0;
        _held.InsertRange(0, _lead);
        int said = _lead.Length + read;
        Leave(State.Prose, 0);
        Say(said, pieces);
        return true;
    }

    private void Leave(State state, int length)
    {
        _held.RemoveRange(0, length);
        (_state, _lead, _read, _json, _scan) = (state, "", 0, 0, default);
    }

    private void Say(int length, List<AnswerPiece> pieces)
    {
        if (length == 0)
        {
            return;
        }
        string text = new(Held[..length]);
        _held.RemoveRange(0, length);
        ReadOnlySpan<char> line = text.AsSpan(text.LastIndexOf('\n') + 1);
        _atLineStart = line.IsWhiteSpace() && (line.Length < text.Length || _atLineStart);
        pieces.Add(new AnswerPiece(AnswerPieceKind.Text, text));
    }

    private bool StartsAny(IReadOnlyList<string> texts)
    {
        foreach (string text in texts)
        {
            if (text.AsSpan().StartsWith(Held, StringComparison.Ordinal) && text.Length > _held.Count)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The number of characters at the end of a text that may be the beginning of one of the others.</summary>
    private static int Overlap(ReadOnlySpan<char> text, IReadOnlyList<string> others)
    {
        int overlap = 0;
        foreach (string other in others)
        {
            int length = Math.Min(text.Length, other.Length - 1);
            while (length > overlap && !text[^length..].SequenceEqual(other.AsSpan(0, length)))
            {
                length--;
            }
            overlap = Math.Max(overlap, length);
        }
        return overlap;
    }
}
