using System.CommandLine;
using Engine.Chat;

namespace Engine.Host.Commands;

/// <summary>The option <c>--chat-template</c>.</summary>
internal static class ChatTemplateOption
{
    /// <param name="description">What it is for; the possible values are appended.</param>
    public static Option<string?> Create(string description)
    {
        var option = new Option<string?>("--chat-template")
        {
            HelpName = "FILE|FAMILY",
            Description = $"{description} A Jinja file, or one of {string.Join(", ", NamedTemplates.Families)}.",
        };
        option.Validators.Add(result =>
        {
            if (NamedTemplates.Mistake(result.Tokens is [var word, ..] ? word.Value : "") is { } mistake)
            {
                result.AddError($"{option.Name} {mistake}");
            }
        });
        return option;
    }
}
