using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Engine.Chat.Tools;

/// <summary>Reads the channels of gpt-oss as the text arrives: thoughts, text and tool calls.</summary>
internal sealed partial class HarmonyReader(ToolSet tools) : ICallReader
{
    private static readonly string[] Ends = [HarmonyForm.End, HarmonyForm.Call, HarmonyForm.Return, HarmonyForm.Start, HarmonyForm.Channel];

    private readonly List<char> _held = [];
    private bool _inHead = true; // the prompt ends with the start of a message
    private string _head = "";
    private string? _tool;
    private bool _isThought;
    private int _calls;

    private ReadOnlySpan<char> Held => CollectionsMarshal.AsSpan(_held);

    public void Add(string text, List<AnswerPiece> pieces)
    {
        _held.AddRange(text);
        while (_inHead ? ReadHead() : ReadBody(pieces))
        {
        }
    }

    public void Finish(bool isCut, List<AnswerPiece> pieces)
    {
        if (_inHead)
        {
            // If the model writes no channels, everything is text.
            if (!isCut && _held.Count > 0 && ToolForm.Find(Held, HarmonyForm.Instance.Markers).At < 0)
            {
                pieces.Add(new AnswerPiece(AnswerPieceKind.Text, new string(Held)));
            }
        }
        else if (_tool is null)
        {
            Say(_held.Count, pieces);
        }
        else if (!isCut)
        {
            EndCall(_held.Count, pieces);
        }
        _held.Clear();
    }

    private bool ReadHead()
    {
        int end = Held.IndexOf(HarmonyForm.Message, StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }
        _head = new string(Held[..end]);
        _held.RemoveRange(0, end + HarmonyForm.Message.Length);
        Match channel = ChannelName().Match(_head), recipient = Recipient().Match(_head);
        string to = recipient.Groups[1].Value;
        bool isFunction = to.StartsWith(HarmonyForm.Functions, StringComparison.Ordinal);
        string name = isFunction ? to[HarmonyForm.Functions.Length..] : to;
        _tool = name.Length > 0 && (isFunction || tools.Callable.Any(tool => tool.Name == name)) ? name : null;
        // A message to one of the model's own tools, which was not offered, is not part of the answer's text.
        _isThought = channel.Groups[1].Value == "analysis" || to.Length > 0;
        _inHead = false;
        return true;
    }

    private bool ReadBody(List<AnswerPiece> pieces)
    {
        (int at, string mark) = ToolForm.Find(Held, Ends);
        if (at < 0)
        {
            if (_tool is null)
            {
                Say(_held.Count - Overlap(), pieces);
            }
            return false;
        }
        if (_tool is null)
        {
            Say(at, pieces);
        }
        else
        {
            EndCall(at, pieces);
        }
        // The channel is part of the message's head.
        _held.RemoveRange(0, mark == HarmonyForm.Channel ? 0 : mark.Length);
        (_inHead, _tool) = (true, null);
        return true;
    }

    private void EndCall(int length, List<AnswerPiece> pieces)
    {
        string body = new(Held[..length]);
        _held.RemoveRange(0, length);
        string? arguments = string.IsNullOrWhiteSpace(body) ? "{}" : CallJson.Parse(body) is { } json ? CallJson.Arguments(json) : null;
        pieces.Add(arguments is null ? new AnswerPiece(AnswerPieceKind.Text, body) : AnswerPiece.Of(new ToolCall(_calls++, ToolCallIds.New(), _tool!, arguments)));
        _tool = null;
    }

    private void Say(int length, List<AnswerPiece> pieces)
    {
        if (length > 0)
        {
            pieces.Add(new AnswerPiece(_isThought ? AnswerPieceKind.Thought : AnswerPieceKind.Text, new string(Held[..length])));
            _held.RemoveRange(0, length);
        }
    }

    private int Overlap()
    {
        int overlap = Math.Min(_held.Count, Ends.Max(end => end.Length) - 1);
        while (overlap > 0 && !Ends.Any(end => end.AsSpan().StartsWith(Held[^overlap..], StringComparison.Ordinal)))
        {
            overlap--;
        }
        return overlap;
    }

    [GeneratedRegex(@"<\|channel\|>\s*(\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex ChannelName();

    [GeneratedRegex(@"\bto=([^\s<]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Recipient();
}
