namespace Engine.Tests;

public sealed class ThreadCountTests
{
    [Fact]
    public void Zero_means_one_thread_per_core_and_never_more_are_used()
    {
        Assert.Equal(Environment.ProcessorCount, ThreadCount.Of(0));
        Assert.Equal(1, ThreadCount.Of(1));
        Assert.Equal(Environment.ProcessorCount, ThreadCount.Of(int.MaxValue));
    }
}
