using System.Net;
using System.Text.Json;
using Engine.Parity;
using Engine.Registry;
using Engine.Shadow;
using Engine.Tests.Serving;

namespace Engine.Tests.Shadow;

/// <summary>Whatever goes wrong with the checks, requests are answered as usual.</summary>
public sealed class ShadowJudgeTests
{
    [Fact]
    public async Task A_slow_oracle_lets_the_queue_fill_and_drops_samples_never_requests()
    {
        using var open = new ManualResetEventSlim();
        await using ShadowSetting setting = await new ShadowSetting("shadow-slow", ("Shadow:Queue", "2"))
        {
            Oracle = () => new ScriptedModel { Next = _ => 'a', Evaluating = stop => open.Wait(stop) },
        }.StartAsync();
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(5, (await setting.Model.GenerateAsync(ShadowSetting.Request).ToListAsync()).Count);
        }
        // Two wait, and one is being judged, if the judge was there in time.
        Assert.InRange(setting.Dropped("queue"), 7, 8);
        open.Set();
        await setting.Until(() => setting.Records.Count == 10 - setting.Dropped("queue"));
        Assert.All(setting.Records, record => Assert.Equal(ParityVerdict.Pass, record.Verdict));
    }

    [Fact]
    public async Task An_oracle_that_fails_to_load_is_reported_once_and_retried_at_growing_intervals()
    {
        int loadings = 0;
        bool works = false;
        await using ShadowSetting setting = await new ShadowSetting("shadow-oracle")
        {
            Oracle = () =>
            {
                loadings++;
                return works ? new ScriptedModel { Next = _ => 'a' } : throw new ModelFileException("Its file is broken.");
            },
        }.StartAsync();
        await Ask(3);
        Assert.Equal(1, loadings);
        Assert.Equal(ModelState.Degraded, setting.Status.State);
        Assert.Equal("Nothing checks the answers: the oracle 'oracle' cannot be used. Its file is broken.", setting.Status.Failure!.Message);

        setting.Clock.Advance(TimeSpan.FromSeconds(11));
        await Ask(2);
        setting.Clock.Advance(TimeSpan.FromSeconds(11)); // after a second failure the pause is 20 seconds
        await Ask(1);
        Assert.Equal(2, loadings);
        Assert.Single(setting.Log, line => line.Contains("are not checked", StringComparison.Ordinal));

        works = true;
        setting.Clock.Advance(TimeSpan.FromSeconds(11));
        await setting.AskAsync();
        Assert.Equal(ModelState.Ready, setting.Status.State);

        async Task Ask(int times)
        {
            for (int i = 0; i < times; i++)
            {
                int dropped = setting.Dropped("oracle");
                await setting.Model.GenerateAsync(ShadowSetting.Request).ToListAsync();
                await setting.Until(() => setting.Dropped("oracle") == dropped + 1);
            }
        }
    }

    [Fact]
    public async Task A_failing_sink_is_reported_once_a_minute_and_stops_nothing()
    {
        await using ShadowSetting setting = await new ShadowSetting("shadow-sink") { SinkFailure = new IOException("No space left on device.") }.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await setting.AskAsync();
        }
        await setting.Until(() => Lines() == 1);
        setting.Clock.Advance(TimeSpan.FromSeconds(61));
        await setting.AskAsync();
        await setting.Until(() => Lines() == 2);
        Assert.Equal((4, ModelState.Ready), (setting.Records.Count, setting.Status.State));

        int Lines() => setting.Log.Count(line => line == "Error: ShadowSetting did not take the record of a check: No space left on device.");
    }

    [Fact]
    public async Task The_logits_compared_are_those_before_bias_and_constraint_and_no_text_is_kept_unless_allowed()
    {
        await using ShadowSetting setting = await new ShadowSetting("shadow-raw").StartAsync();
        GenerateRequest request = ShadowSetting.Request with
        {
            LogitBias = new Dictionary<int, float> { ['a'] = float.NegativeInfinity, ['b'] = 50 },
            Sampling = new SamplingOptions { Temperature = 0, RepetitionPenalty = 2 },
        };
        Assert.Equal("bbbbb", string.Concat((await setting.Model.GenerateAsync(request).ToListAsync()).Select(token => token.Text)));
        await setting.Until(() => setting.Records.Count == 1);
        ShadowRecord record = setting.Records[0];
        Assert.Equal((ParityVerdict.Pass, 5, 4, 0.0, 1.0), (record.Verdict, record.Positions, record.FullRows, record.MaxAbsolute, record.TopOne));
        Assert.Equal((0, 0, null), (record.PromptIds.Count, record.AnswerIds.Count, record.AnswerText));

        setting.Change(("Shadow:KeepText", "true"));
        await setting.Model.GenerateAsync(request).ToListAsync();
        await setting.Until(() => setting.Records.Count == 2);
        Assert.Equal("bbbbb", setting.Records[1].AnswerText);
        Assert.Equal([.. "bbbbb".Select(c => (int)c)], setting.Records[1].AnswerIds);
        Assert.Equal(setting.Model.Tokenizer.Encode("say"), setting.Records[1].PromptIds);
    }

    [Fact]
    public async Task An_alarm_is_posted_when_it_begins_is_explained_and_ends_and_a_new_file_begins_anew()
    {
        using var listener = new HttpListener();
        int port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var posted = new List<JsonElement>();
        Task serving = Task.Run(async () =>
        {
            while (posted.Count < 3)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                posted.Add((await JsonDocument.ParseAsync(context.Request.InputStream)).RootElement);
                context.Response.StatusCode = posted.Count == 2 ? 500 : 204;
                context.Response.Close();
            }
        });
        bool spoils = true;
        await using ShadowSetting setting = await new ShadowSetting("shadow-alarm", ("Shadow:Alarm:Webhook", $"http://127.0.0.1:{port}/alarms?key=secret"), ("Shadow:Alarm:Share", "0.5"))
        {
            Scripted = new ScriptedModel { Next = _ => 'a', Spoil = row => row['a'] *= Volatile.Read(ref spoils) ? 1.1f : 1 },
        }.StartAsync();
        await setting.AskAsync();
        Assert.Equal(ModelState.Ready, setting.Status.State); // fewer than the least
        ShadowRecord raising = await setting.AskAsync();
        Assert.Contains("Which op diverges is not known, because test cannot be compared op by op", raising.Reason, StringComparison.Ordinal);
        Assert.Equal((ModelState.Degraded, 1.0f), (setting.Status.State, (float)raising.MaxAbsolute!));
        Assert.Contains("is above", setting.Status.Failure!.Message, StringComparison.Ordinal);
        Volatile.Write(ref spoils, false);
        await setting.AskAsync();
        Assert.Equal(ModelState.Degraded, setting.Status.State);
        await setting.AskAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(ModelState.Ready, setting.Status.State);
        Assert.Equal(["began", "explained", "ended"], posted.Select(one => one.GetProperty("event").GetString()));
        Assert.All(posted, one => Assert.Equal("shadow-alarm", one.GetProperty("model").GetString()));
        Assert.Equal(raising.RequestId, posted[0].GetProperty("request_id").GetString());
        Assert.Equal(["began", "ended"], setting.Recording.Of("engine.shadow.alarms").Select(one => (string)one.Tags["engine.shadow.alarm"]!));
        Assert.Contains(setting.Log, line => line.StartsWith($"Error: The alarm of the model 'shadow-alarm' could not be sent to http://127.0.0.1:{port}/alarms: ", StringComparison.Ordinal));
        Assert.DoesNotContain(setting.Log, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_split_of_the_prompt_is_a_failure_whatever_the_logits()
    {
        await using ShadowSetting setting = await new ShadowSetting("shadow-split")
        {
            Oracle = static () => new ScriptedModel { Next = _ => 'a', Tokenizer = new OtherSplit() },
        }.StartAsync();
        ShadowRecord record = await setting.AskAsync();
        Assert.Equal(ParityVerdict.Fail, record.Verdict);
        Assert.StartsWith("the tokenizers disagree from token ", record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_that_are_not_listed_are_not_checked_and_the_rate_may_change()
    {
        await using ShadowSetting setting = await new ShadowSetting("shadow-rate", ("Shadow:Models:0", "default")).StartAsync();
        await setting.Model.GenerateAsync(ShadowSetting.Request).ToListAsync();
        setting.Change(("Shadow:Models:0", "shadow-rate"), ("Shadow:Rate", "0"));
        await setting.Model.GenerateAsync(ShadowSetting.Request).ToListAsync();
        setting.Change(("Shadow:Rate", "0.25"), ("Shadow:Queue", "1000"));
        for (int i = 0; i < 200; i++)
        {
            await setting.Model.GenerateAsync(ShadowSetting.Request).ToListAsync();
        }
        setting.Change(("Shadow:Rate", "1"));
        await setting.AskAsync();
        await setting.Until(() => setting.Recording.Of("engine.shadow.verdicts").Length == setting.Records.Count);
        // 200 draws of a quarter: 50, with a standard deviation of 6.1; and the last.
        Assert.InRange(setting.Records.Count, 26, 76);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Puts another token before each text.</summary>
    private sealed class OtherSplit : ITokenizer
    {
        private readonly ITokenizer _bytes = new ScriptedModel().Tokenizer;

        public int VocabularySize => _bytes.VocabularySize;

        public int? BeginningOfSequence => _bytes.BeginningOfSequence;

        public int? EndOfSequence => _bytes.EndOfSequence;

        public bool IsEndOfGeneration(int token) => _bytes.IsEndOfGeneration(token);

        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => [.. _bytes.Encode(text, addSpecial, parseSpecial).Skip(1), 'x'];

        public ReadOnlyMemory<byte> GetBytes(int token) => _bytes.GetBytes(token);

        public string GetPiece(int token) => _bytes.GetPiece(token);

        public string Decode(IEnumerable<int> tokens) => _bytes.Decode(tokens);
    }
}
