using Engine;
using Engine.Remote;
using ReferenceModels;

namespace Samples;

/// <summary>docs/remote.md and docs/serving.md</summary>
public static class Remote
{
    public static async Task<string> NameAsync()
    {
        await using IModel model = await new RemoteBackend().LoadAsync(new() { Endpoint = "unix:/run/engine/remote.sock" });
        return model.Card.Name;
    }

    public static async Task<int> MainAsync(string[] args)
    {
        if (await EngineChild.RunIfAskedAsync(args, engine => engine.AddReferenceModels()) is { } exitCode)
        {
            return exitCode;
        }
        return 0;
    }
}
