namespace Engine.Tests;

public sealed class ThreadCountTests
{
    [Fact]
    public void Zero_is_one_per_core_and_more_than_cores_are_never_taken()
    {
        Assert.Equal(Environment.ProcessorCount, ThreadCount.Of(0));
        Assert.Equal(1, ThreadCount.Of(1));
        Assert.Equal(Environment.ProcessorCount, ThreadCount.Of(int.MaxValue));
    }
}
