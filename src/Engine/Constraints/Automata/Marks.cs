using Engine.Constraints.Languages;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Automata;

/// <summary>The punctuation of JSON, with the whitespace around it: none, a few blanks, or a new line and its indentation.</summary>
internal sealed class Marks
{
    private const int MaxBlanks = 2;
    private const int MaxIndentation = 40;

    /// <summary>Makes the terminals of the punctuation.</summary>
    public Marks(LanguageSpace space, Readers readers)
    {
        Language blank = space.OneOf((' ', ' '), ('\t', '\t'));
        Language line = space.Sequence(space.Repeat(space.Text("\r"), 0, 1), space.Text("\n"), space.Repeat(blank, 0, MaxIndentation));
        Language white = space.Either(space.Repeat(blank, 0, MaxBlanks), line);
        None = readers.Raw(space.Empty);
        Brace = readers.Raw(space.Sequence(space.Text("{"), white));
        CloseBrace = readers.Raw(space.Text("}"));
        SpaceCloseBrace = readers.Raw(space.Sequence(white, space.Text("}")));
        Bracket = readers.Raw(space.Sequence(space.Text("["), white));
        CloseBracket = readers.Raw(space.Text("]"));
        SpaceCloseBracket = readers.Raw(space.Sequence(white, space.Text("]")));
        Comma = readers.Raw(space.Sequence(white, space.Text(","), white));
        Colon = readers.Raw(space.Sequence(white, space.Text(":"), white));
    }

    /// <summary>The terminal that reads nothing.</summary>
    public Reader None { get; }

    public Reader Brace { get; }

    public Reader CloseBrace { get; }

    public Reader SpaceCloseBrace { get; }

    public Reader Bracket { get; }

    public Reader CloseBracket { get; }

    public Reader SpaceCloseBracket { get; }

    public Reader Comma { get; }

    public Reader Colon { get; }
}
