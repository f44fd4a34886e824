using Engine.Remote.Isolation;

namespace Engine.Remote.Tests.Isolation;

public sealed class ProcessBackendTests
{
    // Here, because in this process nothing calls EngineChild.RunIfAskedAsync, which holds for the whole process.
    [Fact]
    public async Task A_program_that_has_not_said_that_it_can_run_a_model_alone_is_told_how()
    {
        var silent = await Assert.ThrowsAsync<ConfigurationException>(() => new ProcessBackend().LoadAsync(new() { Path = "model.gguf" }).AsTask());
        Assert.Contains("expected this program to be able to run a model alone", silent.Message, StringComparison.Ordinal);
        Assert.Contains("EngineChild.RunIfAskedAsync(args, …)", silent.Message, StringComparison.Ordinal);
    }
}
