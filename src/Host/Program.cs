using Engine.Host;
using Engine.Host.Composition;
using Engine.Remote;

return await EngineChild.RunIfAskedAsync(args, engine => engine.AddAllBackends()) ?? await CommandLine.RunAsync(args);
