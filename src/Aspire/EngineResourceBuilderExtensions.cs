using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds the program <c>engine</c> to a distributed application.</summary>
public static class EngineResourceBuilderExtensions
{
    private const string BuiltIn = "builtin:";

    /// <summary>Adds <c>engine serve</c>: models behind OpenAI's, Anthropic's and Ollama's APIs, healthy as soon as every model takes requests. Its metrics, spans and log go to the dashboard.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, which is also that of its connection string.</param>
    /// <param name="command">The program: a path, or a name that is looked up on the <c>PATH</c>, where <c>dotnet tool install --global Engine.Tool</c> puts it.</param>
    /// <param name="port">The port it listens on; by default a free one.</param>
    public static IResourceBuilder<EngineResource> AddEngine(this IDistributedApplicationBuilder builder, [ResourceName] string name, string command = "engine", int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(command);
        // Special characters would have to be quoted in the connection string.
        ParameterResource key = ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, name + "-key", special: false);
        var engine = new EngineResource(name, command, builder.AppHostDirectory, key);
        EndpointReferenceExpression listening = engine.HttpEndpoint.Property(EndpointProperty.TargetPort);
        // In a container the program must listen on all addresses; here, only on this machine.
        string host = builder.ExecutionContext.IsPublishMode ? "0.0.0.0" : "127.0.0.1";
        return builder.AddResource(engine)
            .WithHttpEndpoint(port: port, name: EngineResource.EndpointName)
            .WithArgs("serve", "--urls", ReferenceExpression.Create($"http://{host}:{listening}"))
            .WithEnvironment(context => context.EnvironmentVariables["Serve__ApiKeys__0"] = engine.ApiKey)
            .WithHttpHealthCheck("/health", endpointName: EngineResource.EndpointName)
            .WithOtlpExporter();
    }

    /// <summary>Serves a model. Of several, one must be called <c>default</c>, and the connection string names that one; without any, it is the small one that comes with the program.</summary>
    /// <param name="builder">The program.</param>
    /// <param name="name">What clients call the model.</param>
    /// <param name="path">A GGUF file, from the app host's folder, or one that comes with the program, such as <c>builtin:llama-stories</c>.</param>
    public static IResourceBuilder<EngineResource> WithModel(this IResourceBuilder<EngineResource> builder, string name, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        // What is published runs on another machine: there, the path is as it was given.
        bool here = builder.ApplicationBuilder.ExecutionContext.IsRunMode && !path.StartsWith(BuiltIn, StringComparison.OrdinalIgnoreCase);
        builder.WithModelSetting(name, "Path", here ? Path.GetFullPath(path, builder.ApplicationBuilder.AppHostDirectory) : path);
        builder.Resource.Add(name);
        return builder;
    }

    /// <summary>Sets one of a model's settings, such as <c>Slots</c>, <c>ContextLength</c>, <c>Backend</c> or <c>Gate:Oracle</c>.</summary>
    /// <param name="builder">The program.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="setting">The setting, as the configuration calls it under <c>Engine:Models:NAME</c>.</param>
    /// <param name="value">Its value.</param>
    public static IResourceBuilder<EngineResource> WithModelSetting(this IResourceBuilder<EngineResource> builder, string name, string setting, object value)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(setting);
        ArgumentNullException.ThrowIfNull(value);
        if (name.Contains("__", StringComparison.Ordinal) || name.AsSpan().ContainsAny(":=;"))
        {
            throw new ArgumentException($"Naming the model '{name}': expected a name without ':', '=', ';' and '__', which separate settings. Choose another name.", nameof(name));
        }
        return builder.WithEnvironment($"Engine__Models__{name}__{setting.Replace(":", "__", StringComparison.Ordinal)}", Convert.ToString(value, CultureInfo.InvariantCulture));
    }

    /// <summary>Uses this API key instead of a generated one.</summary>
    /// <param name="builder">The program.</param>
    /// <param name="key">The key, which should be a secret. It must not contain a semicolon.</param>
    public static IResourceBuilder<EngineResource> WithApiKey(this IResourceBuilder<EngineResource> builder, IResourceBuilder<ParameterResource> key)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(key);
        builder.Resource.ApiKey = key.Resource;
        return builder;
    }
}
