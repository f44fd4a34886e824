namespace Aspire.Hosting.ApplicationModel;

/// <summary>The program <c>engine</c> as a resource of a distributed application: <c>engine serve</c> with the models added to it.</summary>
/// <remarks>Its connection string, <c>Endpoint=http://host:port/v1;Key=…;Model=…</c>, has the form that Aspire uses to configure clients of OpenAI's API.</remarks>
public sealed class EngineResource : ExecutableResource, IResourceWithConnectionString
{
    internal const string EndpointName = "http";

    private const string DefaultModel = "default";

    private readonly List<string> _models = [];

    internal EngineResource(string name, string command, string workingDirectory, ParameterResource apiKey)
        : base(name, command, workingDirectory) => ApiKey = apiKey;

    /// <summary>The API key that requests must carry.</summary>
    public ParameterResource ApiKey { get; internal set; }

    /// <summary>Where the program answers over HTTP.</summary>
    public EndpointReference HttpEndpoint => new(this, EndpointName);

    /// <summary>Where clients of OpenAI's API send their requests.</summary>
    public ReferenceExpression UriExpression => ReferenceExpression.Create($"{HttpEndpoint.Property(EndpointProperty.Url)}/v1");

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Endpoint={UriExpression};Key={ApiKey};Model={Model}");

    /// <summary>The model that the program uses for requests that name none.</summary>
    private string Model => _models.Count == 0 || _models.Contains(DefaultModel, StringComparer.OrdinalIgnoreCase) ? DefaultModel : _models[0];

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{HttpEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{HttpEndpoint.Property(EndpointProperty.Port)}")),
        new("Uri", UriExpression),
        new("Key", ReferenceExpression.Create($"{ApiKey}")),
        new("Model", ReferenceExpression.Create($"{Model}")),
    ];

    internal void Add(string model)
    {
        if (!_models.Contains(model, StringComparer.OrdinalIgnoreCase))
        {
            _models.Add(model);
        }
    }
}
