namespace Engine.Constraints.Languages;

/// <summary>A regular language over Unicode code points, and at once the state of its automaton in which nothing was read yet: what may
/// follow a text is a language again, its derivative (Brzozowski, 1964; Owens, Reppy and Turon, 2009). Made by a <see cref="LanguageSpace"/>,
/// in which equal expressions are one object.</summary>
internal sealed class Language : TextState
{
    public override bool Accepts => throw new NotImplementedException();

    public override IReadOnlyList<TextStep> Steps => throw new NotImplementedException();
}
