using Engine.LlamaCpp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Remote.Isolation;

/// <summary>A model in its own process while it is being measured: a process that dies is not replaced, since that is a result, too.</summary>
internal static class MeasuredChild
{
    /// <summary>Loads a model as one native variant, measures it, and disposes of it. A process can hold only one CPU plugin.</summary>
    /// <param name="name">The variant's name in messages.</param>
    /// <param name="options">The model.</param>
    /// <param name="variant">How llama.cpp computes.</param>
    /// <param name="measure">Measures the model.</param>
    /// <param name="cancellationToken">Cancels everything and ends the process.</param>
    /// <exception cref="EngineException">The model cannot be loaded, its process ended, or the measurement failed.</exception>
    public static async Task<T> RunAsync<T>(string name, ModelOptions options, NativeVariant variant, Func<IModel, Task<T>> measure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ChildProgram program = EngineChild.Own ?? throw new InvalidOperationException($"A program that measures variants begins with {nameof(EngineChild)}.{nameof(EngineChild.RunIfAskedAsync)}.");
        ChildProcess child = ChildProcess.Start(program, options, Supervision.Default, NullLoggerFactory.Instance, progress: null, variant);
        await using (child.ConfigureAwait(false))
        {
            try
            {
                await child.ConnectAsync(cancellationToken).ConfigureAwait(false);
                return await measure(child.Model).ConfigureAwait(false);
            }
            catch (ChildEndedException e)
            {
                throw new EngineException($"Measuring {name} in its own process: {e.Reason.TrimEnd('.')}.", e);
            }
            catch (ModelUnavailableException e) when (!cancellationToken.IsCancellationRequested)
            {
                string reason = await child.IsEndingAsync().ConfigureAwait(false) ? await child.EndAsync(cancellationToken).ConfigureAwait(false) : e.Message;
                throw new EngineException($"Measuring {name} in its own process: {reason.TrimEnd('.')}.", e);
            }
        }
    }
}
