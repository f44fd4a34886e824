using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Engine.Host.Commands;

/// <summary>The option <c>--lora PATH[=SCALE]</c>, which may be given several times.</summary>
internal static class AdapterOption
{
    public static Option<AdapterOptions[]?> Create() => new("--lora")
    {
        HelpName = "PATH[=SCALE]",
        Description = "A LoRA adapter for the model, and how much of it counts (default 1); may be given several times.",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Parse,
    };

    private static AdapterOptions[]? Parse(ArgumentResult result)
    {
        var adapters = new List<AdapterOptions>();
        foreach (Token token in result.Tokens)
        {
            int sign = token.Value.LastIndexOf('=');
            float scale = 1;
            bool hasScale = sign > 0 && float.TryParse(token.Value.AsSpan(sign + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out scale);
            string path = hasScale ? token.Value[..sign] : token.Value;
            if (!float.IsFinite(scale) || path.Length == 0)
            {
                result.AddError($"--lora: expected the path of an adapter and a finite number, such as style.gguf=0.5, found '{token.Value}'.");
                return null;
            }
            adapters.Add(new AdapterOptions { Path = path, Scale = hasScale ? scale : 1 });
        }
        return [.. adapters];
    }
}
