using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Engine.Api.Documents;

/// <summary>The OpenAPI document of the endpoints, at <c>/openapi/engine.json</c>, and a page to read and try it, at <c>/scalar</c>.</summary>
internal static class ApiDocument
{
    /// <summary>The name of the document and of its group of endpoints, which a program's own document leaves out.</summary>
    public const string Name = "engine";

    private const string Path = $"/openapi/{Name}.json";

    public static void Add(IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        // The program may have its own endpoints and documents.
        options.ShouldInclude = endpoint => endpoint.ActionDescriptor.EndpointMetadata.OfType<Operation>().Any();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Engine",
                Version = "v1",
                Description = "Quantized models behind the APIs that programs know, and what makes their answers checkable. Keys, where there are some, come as a Bearer token or as x-api-key.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<Operation>().Single(), context.Document!);
            return Task.CompletedTask;
        });
    });

    public static void Map(IEndpointRouteBuilder routes)
    {
        // At its own path instead of MapOpenApi: the program may call that for its own documents, and two endpoints at one path conflict.
        routes.MapGet(Path, WriteAsync).ExcludeFromDescription();
        // A program's own page takes precedence. No web fonts: a server may have no internet access.
        routes.MapScalarApiReference(page => page.WithTitle("Engine").DisableDefaultFonts().AddDocument(Name)).WithOrder(1);
    }

    private static async Task WriteAsync(HttpContext context)
    {
        IOpenApiDocumentProvider provider = context.RequestServices.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        OpenApiDocument document = await provider.GetOpenApiDocumentAsync(context.RequestAborted).ConfigureAwait(false);
        // The address that the client used: what the server listens on may not be reachable by name.
        document.Servers = [new OpenApiServer { Url = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}" }];
        context.Response.ContentType = MediaTypeNames.Application.Json;
        await context.Response.WriteAsync(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, context.RequestAborted).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false);
    }

    private static void Describe(OpenApiOperation operation, Operation what, OpenApiDocument document)
    {
        (operation.OperationId, operation.Summary) = (what.Id, what.Summary);
        operation.Tags = new HashSet<OpenApiTagReference> { new(what.Tag, document) };
        document.Tags ??= new HashSet<OpenApiTag>();
        document.Tags.Add(new OpenApiTag { Name = what.Tag });
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
        if (what.Request is { } request)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [MediaTypeNames.Application.Json] = Examples(what, new OpenApiMediaType { Schema = Schemas.Of(request, document) }),
                },
            };
        }
        var answer = new OpenApiResponse
        {
            Description = "The answer.",
            Content = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Application.Json] = new() { Schema = Schemas.Of(what.Answer, document) } },
        };
        if (what.Stream is { } stream)
        {
            answer.Content[stream] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The answer as it comes, where the request asks for that." } };
        }
        operation.Responses = new OpenApiResponses
        {
            ["200"] = answer,
            ["default"] = new OpenApiResponse { Description = "An error: a sentence that says what was expected, what was found and what to do." },
        };
    }

    // A body has either one example or several named ones.
    private static OpenApiMediaType Examples(Operation what, OpenApiMediaType body)
    {
        if (what.Examples.Count == 0)
        {
            body.Example = what.Example is null ? null : JsonNode.Parse(what.Example);
            return body;
        }
        body.Examples = new Dictionary<string, IOpenApiExample> { ["plain"] = new OpenApiExample { Value = JsonNode.Parse(what.Example!) } };
        foreach ((string name, string json) in what.Examples)
        {
            body.Examples[name] = new OpenApiExample { Value = JsonNode.Parse(json) };
        }
        return body;
    }
}
