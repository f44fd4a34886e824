using Engine.Api.Answers;
using Microsoft.AspNetCore.Http;

namespace Engine.Host.Tests.Api;

public sealed class EventStreamTests
{
    [Fact]
    public async Task A_client_that_leaves_while_the_next_token_is_awaited_ends_its_answer_and_releases_the_generation()
    {
        using var gone = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = gone.Token };
        context.Response.Body = new MemoryStream();
        bool ended = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EventStream.WriteAsync(
            context, new Leaving(gone), TokensAsync(), _ => throw new InvalidOperationException("Nobody reads a last event."), TimeProvider.System));

        Assert.True(ended);

        async IAsyncEnumerable<(int, GeneratedToken)> TokensAsync()
        {
            try
            {
                yield return (0, new GeneratedToken { Token = 1, Text = "a", Index = 0, PromptTokens = 1 });
                await Task.Delay(200); // as a step that is computed to its end
                yield return (0, new GeneratedToken { Token = 1, Text = "a", Index = 1, PromptTokens = 1 });
            }
            finally
            {
                ended = true;
            }
        }
    }

    /// <summary>Its client goes with the first token.</summary>
    private sealed class Leaving(CancellationTokenSource gone) : IEventFormat
    {
        public string ContentType => "text/plain";

        public ReadOnlySpan<byte> KeepAlive => ":"u8;

        public void Add(EventWriter events, int answer, GeneratedToken token)
        {
            events.Raw("a"u8);
            gone.Cancel();
        }

        public void End(EventWriter events) => events.Raw("."u8);

        public void Fail(EventWriter events, Failure failure) => events.Raw("!"u8);
    }
}
