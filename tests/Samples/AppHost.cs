using Aspire.Hosting;

namespace Samples;

/// <summary>docs/aspire.md, the application: compiled in tests/Aspire.Tests.</summary>
internal static class AppHost
{
    public static void Compose(IDistributedApplicationBuilder builder)
    {
        var engine = builder.AddEngine("engine")
            .WithModel("default", "models/llama-3.2-1b-q4_k_m.gguf")
            .WithModelSetting("default", "Slots", 4);

        builder.AddProject("web", "../Web/Web.csproj")
            .WithReference(engine)
            .WaitFor(engine);
    }
}
