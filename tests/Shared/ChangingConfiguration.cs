using Microsoft.Extensions.Configuration;

namespace Tests.Shared;

/// <summary>A configuration that a test changes while a host runs on it.</summary>
internal sealed class ChangingConfiguration : ConfigurationProvider, IConfigurationSource
{
    public ChangingConfiguration(params (string Key, string? Value)[] settings) => Set(settings);

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Sets values, and takes out the keys whose value is null with all below them.</summary>
    public void Change(params (string Key, string? Value)[] settings)
    {
        Set(settings);
        OnReload();
    }

    private void Set((string Key, string? Value)[] settings)
    {
        var data = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            if (value is not null)
            {
                data[key] = value;
                continue;
            }
            foreach (string gone in data.Keys.Where(known => known == key || known.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToArray())
            {
                data.Remove(gone);
            }
        }
        Data = data;
    }
}
