using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Clients.Tests;

/// <summary>What every library's <see cref="IChatClient"/> must be able to do: an answer comes back as the type that was requested, whatever the model would rather say.</summary>
public abstract class ObjectClientContract(ShippedModels models) : IClassFixture<ShippedModels>
{
    private const string Question = "One rainy day, Peter was in the garden.";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <summary>Whether the library streams answers.</summary>
    protected virtual bool Streams => true;

    /// <summary>The library, unchanged but for its address.</summary>
    protected abstract IChatClient Connect(Uri server, string model);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_record_comes_back_as_its_type(long seed)
    {
        using IChatClient client = Connect(models.Address, ShippedModels.Stories);
        ChatResponse<Visit> response = await client.GetResponseAsync<Visit>(Question, Options(seed)).WaitAsync(Soon);
        Assert.True(response.TryGetResult(out Visit? visit), response.Text);
        visit.Check();
    }

    [Fact]
    public async Task A_streamed_record_comes_back_as_its_type()
    {
        using IChatClient client = Connect(models.Address, ShippedModels.Stories);
        ChatOptions options = Options(4);
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema<Visit>();
        ChatResponse response = Streams
            ? await client.GetStreamingResponseAsync(Question, options).ToChatResponseAsync().WaitAsync(Soon) : await client.GetResponseAsync(Question, options).WaitAsync(Soon);
        JsonSerializer.Deserialize<Visit>(response.Text, AIJsonUtilities.DefaultOptions)!.Check();
    }

    [Fact]
    public async Task What_is_no_object_comes_back_wrapped_and_is_unwrapped()
    {
        using IChatClient client = Connect(models.Address, ShippedModels.Stories);
        Assert.True(Enum.IsDefined((await client.GetResponseAsync<Mood>(Question, Options(5)).WaitAsync(Soon)).Result));
        Assert.All((await client.GetResponseAsync<Mood[]>(Question, Options(6)).WaitAsync(Soon)).Result, mood => Assert.True(Enum.IsDefined(mood)));
    }

    [Fact]
    public async Task An_object_without_a_schema_is_one()
    {
        using IChatClient client = Connect(models.Address, ShippedModels.Stories);
        ChatOptions options = Options(7);
        options.ResponseFormat = ChatResponseFormat.Json;
        string text = (await client.GetResponseAsync(Question, options).WaitAsync(Soon)).Text;
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(text).ValueKind);
    }

    private static ChatOptions Options(long seed) => new() { MaxOutputTokens = 450, Temperature = 1, Seed = seed };
}
