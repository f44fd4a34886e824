using Engine.Api;
#if (llamasharp)
using Engine.LLamaSharp;
#endif
using Engine.Registry;
using ReferenceModels;

// With the settings beside the program, from whichever folder it is started.
WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
#if (llamasharp)
builder.Services.AddEngine(builder.Configuration).AddReferenceModels().AddLLamaSharp().AddApi(builder.Configuration);
#else
builder.Services.AddEngine(builder.Configuration).AddReferenceModels().AddApi(builder.Configuration);
#endif

WebApplication app = builder.Build();
app.MapEngine();
await app.RunAsync();
