using Engine.Generation;
using Engine.Tests.Serving;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Generation;

public sealed class PromptReaderTests
{
    private const string Start = "\u0001"; // the text that the tokenizer below reads as the beginning of a sequence

    private readonly Lines _log = new();

    [Fact]
    public async Task Markup_that_begins_with_BOS_gets_no_second_one_but_a_warning()
    {
        int[] ids = await Reader(adds: true).ReadAsync(Prompt.FromParts([new PromptPart(Start + "hi", IsMarkup: true)]), CancellationToken.None);
        Assert.Equal([ScriptedModel.Begin, 'h', 'i'], ids);
        Assert.StartsWith("Warning Reading a prompt for scripted: it already starts with the beginning-of-sequence token", Assert.Single(_log.Written), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markup_without_BOS_gets_the_one_that_the_metadata_asks_for()
    {
        int[] ids = await Reader(adds: true).ReadAsync(Prompt.FromParts([new PromptPart("hi", IsMarkup: true)]), CancellationToken.None);
        Assert.Equal([ScriptedModel.Begin, 'h', 'i'], ids);
        Assert.Empty(_log.Written);
    }

    [Fact]
    public async Task Users_text_is_plain_text_even_if_it_looks_like_BOS()
    {
        Assert.Equal<int>(new[] { ScriptedModel.Begin, 1, 'a' }, await Reader(adds: true).ReadAsync(Prompt.FromText(Start + "a"), CancellationToken.None));
        Assert.Empty(_log.Written);
    }

    [Fact]
    public async Task Two_BOS_in_the_text_itself_stay_where_none_is_added_and_are_warned_of()
    {
        int[] ids = await Reader(adds: false).ReadAsync(Prompt.FromParts([new PromptPart(Start + Start, IsMarkup: true)]), CancellationToken.None);
        Assert.Equal([ScriptedModel.Begin, ScriptedModel.Begin], ids);
        Assert.Contains("Both are kept", Assert.Single(_log.Written), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ids_with_two_BOS_are_taken_as_they_are_with_a_warning()
    {
        PromptReader reader = Reader(adds: true);
        Assert.Equal<int>(new[] { ScriptedModel.Begin, ScriptedModel.Begin, 5 }, await reader.ReadAsync(Prompt.FromTokens([ScriptedModel.Begin, ScriptedModel.Begin, 5]), CancellationToken.None));
        Assert.Contains("Both are kept", Assert.Single(_log.Written), StringComparison.Ordinal);
        await reader.ReadAsync(Prompt.FromTokens([ScriptedModel.Begin, 5]), CancellationToken.None);
        Assert.Single(_log.Written);
    }

    [Fact]
    public async Task A_model_warns_once_and_then_only_for_debugging()
    {
        PromptReader reader = Reader(adds: true);
        for (int i = 0; i < 3; i++)
        {
            await reader.ReadAsync(Prompt.FromTokens([ScriptedModel.Begin, ScriptedModel.Begin]), CancellationToken.None);
        }
        Assert.Equal(["Warning", "Debug", "Debug"], _log.Written.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Ids_need_no_vocabulary() =>
        Assert.Equal<int>(new[] { 7, 7 }, await new PromptReader(new NoVocabulary("bare", 300), new ScriptedModel().Card with { HasVocabulary = false }, _log).ReadAsync(Prompt.FromTokens([7, 7]), CancellationToken.None));

    private PromptReader Reader(bool adds) => new(new StartReading(adds), new ScriptedModel().Card, _log);

    /// <summary>Bytes, and the character U+0001 as BOS where special tokens are parsed.</summary>
    private sealed class StartReading(bool adds) : ITokenizer
    {
        private readonly ScriptedModel.Bytes _bytes = new();

        public int VocabularySize => _bytes.VocabularySize;
        public int? BeginningOfSequence => _bytes.BeginningOfSequence;
        public int? EndOfSequence => _bytes.EndOfSequence;
        public bool IsEndOfGeneration(int token) => _bytes.IsEndOfGeneration(token);
        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) =>
            [.. addSpecial && adds ? [ScriptedModel.Begin] : Array.Empty<int>(),
                .. _bytes.Encode(text, false).Select(id => parseSpecial && id == Start[0] ? ScriptedModel.Begin : id)];
        public ReadOnlyMemory<byte> GetBytes(int token) => _bytes.GetBytes(token);
        public string GetPiece(int token) => token == ScriptedModel.Begin ? Start : _bytes.GetPiece(token);
        public string Decode(IEnumerable<int> tokens) => _bytes.Decode(tokens);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {formatter(state, exception)}");
    }
}
