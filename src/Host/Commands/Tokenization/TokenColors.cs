using System.Text;

namespace Engine.Host.Commands.Tokenization;

/// <summary>Colours for tokens: neighbours differ, so that the boundaries are visible.</summary>
internal sealed class TokenColors(bool enabled)
{
    private const string Reset = "\u001b[0m";
    private const string Red = "\u001b[1;31m";
    private const string Faint = "\u001b[2m";

    // Black letters on light colours of the 256-colour table, readable on dark and light terminals.
    private static readonly int[] Backgrounds = [153, 157, 229, 217, 183];

    public bool Enabled => enabled;

    /// <summary>Colours if requested, or if standard output is a terminal that supports them (no-color.org).</summary>
    /// <param name="choice"><c>auto</c>, <c>always</c> or <c>never</c>.</param>
    public static TokenColors Choose(string choice) => new(choice switch
    {
        "always" => true,
        "never" => false,
        _ => !Console.IsOutputRedirected
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb",
    });

    /// <summary>A difference.</summary>
    public string Alarm(string text) => enabled ? Red + text + Reset : text;

    /// <summary>Dims text that is there for reference.</summary>
    public string Quiet(string text) => enabled ? Faint + text + Reset : text;

    /// <summary>A token's piece, in the colour of its position.</summary>
    public string Piece(string text, int index)
    {
        string piece = text.TrimEnd(' ');
        return piece.Length > 0 ? Paint(piece, index) + text[piece.Length..] : text;
    }

    /// <summary>The whole text in its tokens' colours; a token without text of its own is shown by its piece.</summary>
    public string Text(Tokenization tokens)
    {
        var text = new StringBuilder();
        for (int i = 0; i < tokens.Ids.Count; i++)
        {
            string shown = tokens.Texts[i].Length > 0 ? tokens.Texts[i] : IsMarkup(tokens.Pieces[i]) ? tokens.Pieces[i] : "";
            string[] lines = shown.Split('\n');
            for (int line = 0; line < lines.Length; line++)
            {
                bool ends = line < lines.Length - 1;
                string part = PieceText.Printable(lines[line]) + (ends ? "\\n" : "");
                text.Append(part.Length > 0 ? Paint(part, i) : "").Append(ends ? "\n" : "");
            }
        }
        return text.ToString();
    }

    // A character of several tokens is shown at the last of them: the others have no text yet, and no markup either.
    private static bool IsMarkup(string piece) => piece is ['<' or '[', _, .., '>' or ']'] && !piece.StartsWith("<0x", StringComparison.Ordinal);

    private string Paint(string text, int index) => !enabled ? text : $"\u001b[30;48;5;{Backgrounds[index % Backgrounds.Length]}m{text}{Reset}";
}
