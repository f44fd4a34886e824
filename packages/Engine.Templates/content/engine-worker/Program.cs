using Engine;
#if (llamasharp)
using Engine.LLamaSharp;
#endif
using Engine.Registry;
using EngineWorker;

// With the settings beside the program, from whichever folder it is started.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
#if (llamasharp)
builder.Services.AddEngine(builder.Configuration).AddLLamaSharp();
#else
builder.Services.AddEngine(builder.Configuration);
#endif
builder.Services.AddHostedService<Storyteller>();
await builder.Build().RunAsync();
