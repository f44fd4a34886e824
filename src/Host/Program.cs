using Engine.Host;
using Engine.Host.Commands;
using Engine.Remote;

return await EngineChild.RunIfAskedAsync(args, engine => engine.AddAllBackends()) ?? await CommandLine.RunAsync(args);
