using Engine;

namespace SampleWorker;

/// <summary>A backend whose loading takes until it is cancelled: what a large model on a slow disk is to whoever stops the service.</summary>
internal sealed class EndlessBackend : IModelBackend
{
    public string Name => "endless";

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        Console.WriteLine("loading has begun");
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("It ends by its cancellation alone.");
    }
}
