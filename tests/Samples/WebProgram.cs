using Engine.Api;
using Engine.Registry;

namespace Samples;

/// <summary>docs/serving.md</summary>
public static class WebProgram
{
    public static WebApplication Make(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddEngine(builder.Configuration).AddApi(builder.Configuration);
        var app = builder.Build();
        app.MapEngine();                    // or app.MapGroup("/ai").MapEngine()
        return app;
    }
}
