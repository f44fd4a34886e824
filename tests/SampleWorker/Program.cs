using Engine;
using Engine.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ReferenceModels;
using SampleWorker;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddEngine(builder.Configuration).AddReferenceModels().Services.AddSingleton<IModelBackend, EndlessBackend>();
builder.Services.AddHostedService<Worker>();
await builder.Build().RunAsync();
