namespace Engine.LlamaCpp.Runtime;

/// <summary>A thread made for one piece of native work: loading, tokenizing. Its failure fails the work, not the process,
/// and its stack is as large as the work needs.</summary>
internal static class GuardedThread
{
    /// <param name="name">For debuggers.</param>
    /// <param name="stackBytes">The thread's stack, committed as it is used.</param>
    /// <param name="failure">Turns the reason why native code gave up into the exception that the caller sees.</param>
    /// <param name="work">The work to run on the thread.</param>
    public static Task<T> Run<T>(string name, int stackBytes, Func<string, Exception> failure, Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(Work, stackBytes) { Name = name, IsBackground = true };
        thread.Start();
        return result.Task;

        void Work()
        {
            using var guard = new NativeGuard(reason => result.TrySetException(failure(reason)));
            guard.Enter();
            try
            {
                result.TrySetResult(work());
            }
            catch (Exception error)
            {
                result.TrySetException(error);
            }
            finally
            {
                guard.Leave();
            }
        }
    }
}
