using Engine.Host.Commands;

return await CommandLine.RunAsync(args);
