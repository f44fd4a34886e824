using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Engine.Configuration;

/// <summary>Reads the section <c>Engine</c> into options and finds all its mistakes, which fail the start in one message.</summary>
/// <remarks>Not the framework's binder: that one ignores unknown keys and stops at the first value it cannot convert.</remarks>
internal sealed class EngineConfiguration(IConfigurationSection section, IEnumerable<IModelBackend> backends)
    : IConfigureOptions<EngineOptions>, IValidateOptions<EngineOptions>
{
    private static readonly PropertyInfo[] Keys = typeof(ModelOptions).GetProperties();

    /// <summary>What could not be read. Filled by <see cref="Configure"/>, which the framework calls once, before validation.</summary>
    private readonly List<string> _unreadable = [];

    public static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    public void Configure(EngineOptions options)
    {
        foreach (IConfigurationSection child in section.GetChildren().Where(child => !Same(child.Key, nameof(EngineOptions.Models))))
        {
            _unreadable.Add(UnknownKey(child.Key, "", [nameof(EngineOptions.Models)]));
        }
        foreach (IConfigurationSection model in section.GetSection(nameof(EngineOptions.Models)).GetChildren())
        {
            options.Models[model.Key] = Read(model);
        }
    }

    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> mistakes = [.. _unreadable];
        if (options.Models.Count == 0)
        {
            mistakes.Add($"Models is empty. Set Models:{EngineOptions.DefaultModelName}:{nameof(ModelOptions.Path)} to the path of a GGUF file.");
        }
        if (options.Models.Count > 1 && !options.Models.ContainsKey(EngineOptions.DefaultModelName))
        {
            mistakes.Add($"Models has {options.Models.Count} models ({string.Join(", ", options.Models.Keys.Order(StringComparer.Ordinal))}) "
                + $"and none is the default one. Name one of them '{EngineOptions.DefaultModelName}'.");
        }
        string[] registered = [.. backends.Select(backend => backend.Name).Distinct(StringComparer.OrdinalIgnoreCase)];
        foreach ((string model, ModelOptions values) in options.Models)
        {
            mistakes.AddRange(ModelOptionsRules.Check(values, registered).Select(mistake => $"Models:{model}:{mistake}"));
        }
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Reading the configuration section '{section.Path}': expected models that can be loaded, found "
                + $"{(mistakes.Count == 1 ? "1 mistake" : $"{mistakes.Count} mistakes")}.\n{string.Join('\n', mistakes.Select(mistake => "- " + mistake))}");
    }

    private ModelOptions Read(IConfigurationSection model)
    {
        var options = new ModelOptions();
        string where = $"{nameof(EngineOptions.Models)}:{model.Key}:";
        foreach (IConfigurationSection child in model.GetChildren())
        {
            PropertyInfo? key = Array.Find(Keys, key => Same(key.Name, child.Key));
            if (key is null)
            {
                _unreadable.Add(UnknownKey(child.Key, where, Keys.Select(key => key.Name)));
                continue;
            }
            try
            {
                key.SetValue(options, child.Get(key.PropertyType) ?? key.GetValue(options));
            }
            catch (InvalidOperationException)
            {
                _unreadable.Add($"{where}{key.Name} is '{child.Value}'. Set it to {Kind(key.PropertyType)}.");
            }
        }
        return options;
    }

    private static string UnknownKey(string key, string where, IEnumerable<string> known) =>
        Spelling.Nearest(key, known) is { } nearest
            ? $"{where}{key} is not a known key. Did you mean {nearest}?"
            : $"{where}{key} is not a known key. Known are {string.Join(", ", known)}.";

    private static string Kind(Type type) =>
        type == typeof(bool) ? "true or false" : type == typeof(int) || type == typeof(long) ? "a whole number" : $"a {type.Name}";
}
