using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Engine.Registry;

/// <summary>Reads the section <c>Engine</c> into options and collects all its errors, which fail the start in one message; later, an invalid change is ignored.</summary>
internal sealed class EngineConfiguration(IConfigurationSection section, IEnumerable<IModelBackend> backends, SearchFolders folders, ConfigurationFiles files)
    : IConfigureOptions<EngineOptions>, IPostConfigureOptions<EngineOptions>, IValidateOptions<EngineOptions>
{
    public void Configure(EngineOptions options)
    {
        string[] keys = [nameof(EngineOptions.Models), nameof(EngineOptions.Shadow)];
        foreach (IConfigurationSection child in section.GetChildren().Where(child => !keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            options.Unreadable.Add(StrictSection.UnknownKey(child.Key, "", keys));
        }
        StrictSection.Read(section.GetSection(nameof(EngineOptions.Shadow)), options.Shadow, $"{nameof(EngineOptions.Shadow)}:", options.Unreadable);
        foreach (IConfigurationSection section in section.GetSection(nameof(EngineOptions.Models)).GetChildren())
        {
            var model = new ModelOptions();
            StrictSection.Read(section, model, $"{nameof(EngineOptions.Models)}:{section.Key}:", options.Unreadable);
            options.Models[section.Key] = model;
        }
    }

    /// <summary>Also resolves the paths of models that a program adds in code.</summary>
    public void PostConfigure(string? name, EngineOptions options)
    {
        foreach ((string model, ModelOptions values) in options.Models.ToArray())
        {
            options.Models[model] = folders.Resolve(values);
        }
    }

    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> mistakes = [.. options.Unreadable];
        if (options.Models.Count == 0)
        {
            mistakes.Add(files.WithoutModels());
        }
        if (options.Models.Count > 1 && !options.Models.ContainsKey(EngineOptions.DefaultModelName))
        {
            mistakes.Add($"Models has {options.Models.Count} models ({string.Join(", ", options.Models.Keys.Order(StringComparer.Ordinal))}) "
                + $"and none is the default one. Name one of them '{EngineOptions.DefaultModelName}'.");
        }
        string[] registered = [.. backends.Select(backend => backend.Name).Distinct(StringComparer.OrdinalIgnoreCase)];
        foreach ((string model, ModelOptions values) in options.Models)
        {
            mistakes.AddRange(ModelEntryRules.Check(values, registered, folders)
                .Concat(GateRules.Check(model, options.Models, registered, folders)).Select(mistake => $"Models:{model}:{mistake}"));
        }
        mistakes.AddRange(ShadowRules.Check(options.Shadow, options.Models, registered).Select(mistake => $"{nameof(EngineOptions.Shadow)}:{mistake}"));
        return mistakes.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(StrictSection.Message(section.Path, "models that can be loaded", mistakes));
    }
}
