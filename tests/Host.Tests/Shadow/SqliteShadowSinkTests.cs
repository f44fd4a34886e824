using Engine.Host.Shadow;
using Engine.Parity;
using Engine.Shadow;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Host.Tests.Shadow;

public sealed class SqliteShadowSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("shadow.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_record_is_written_with_its_numbers_and_without_ids_and_text_that_it_does_not_have()
    {
        using (SqliteShadowSink sink = Open())
        {
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromMilliseconds(1500)), default);
            await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero, nmse: null, verdict: ParityVerdict.Fail) with { PromptIds = [1, 2], AnswerIds = [3], AnswerText = "É" }, default);
        }
        Assert.Equal(
            [
                "2026-05-04T12:00:01.500Z|r|story|reference|production|12|4|1E-07|1|1E-06|0.5|pass|nmse|0.01|calibration|NMSE is within 0.01|||",
                "2026-05-04T12:00:00.000Z|r|story|reference|production|12|4||1||0.5|fail|nmse|0.01|calibration|NMSE is above 0.01|1,2|3|É",
            ],
            Rows("""
                SELECT time, request, model, oracle, setting, positions, full_rows, kl, top_one, nmse, max_absolute, verdict,
                    tolerance_metric, tolerance_limit, tolerance_source, reason, prompt_ids, answer_ids, answer_text FROM records ORDER BY id
                """));
    }

    [Fact]
    public async Task An_existing_store_keeps_its_records_alarms_and_coverage()
    {
        ModelCard card = ShadowRecords.Card;
        var coverage = new Coverage(card);
        using (SqliteShadowSink first = Open())
        {
            await first.WriteAsync(ShadowRecords.At(TimeSpan.Zero), default);
            await first.WriteAsync(new ShadowAlarmRecord(ShadowRecords.Noon, "story", ShadowAlarmEvent.Began, "3 of 5 failed"), default);
            coverage.Add([1, 2, 3]);
            await first.WriteAsync("story", coverage, default);
            coverage.Add([4]);
            await first.WriteAsync("story", coverage, default);
            Assert.Null(await first.ReadCoverageAsync("other", card, default));
        }
        using SqliteShadowSink second = Open();
        await second.WriteAsync(ShadowRecords.At(TimeSpan.Zero), default);
        Coverage kept = (await second.ReadCoverageAsync("story", card, default))!;
        Assert.Equal(coverage.ToReport(), kept.ToReport());
        Assert.Null(await second.ReadCoverageAsync("story", card with { TensorBytes = 1 }, default));
        Assert.Equal(["2"], Rows("SELECT COUNT(*) FROM records"));
        Assert.Equal(["story|began|3 of 5 failed"], Rows("SELECT model, event, reason FROM alarms"));
        Assert.Equal(["1"], Rows("SELECT COUNT(*) FROM coverage"));
    }

    [Fact]
    public async Task A_locked_file_refuses_a_record_and_gets_it_with_the_next()
    {
        using SqliteShadowSink sink = Open();
        using (SqliteConnection other = Raw())
        {
            ShadowDatabase.Execute(other, "BEGIN IMMEDIATE");
            var refused = await Assert.ThrowsAsync<EngineException>(() => sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero, request: "a"), default).AsTask());
            Assert.Equal($"Writing shadow records in '{Store}': another program holds it locked", refused.Message);
            ShadowDatabase.Execute(other, "ROLLBACK");
        }
        await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero, request: "b"), default);
        Assert.Equal(["a", "b"], Rows("SELECT request FROM records ORDER BY id"));
    }

    [Fact]
    public async Task A_full_file_refuses_records_keeps_the_latest_waiting_and_accepts_them_once_there_is_room()
    {
        SqliteConnection connection = ShadowDatabase.OpenForWriting(Store);
        using var sink = new SqliteShadowSink(connection, NullLogger<SqliteShadowSink>.Instance);
        ShadowDatabase.Execute(connection, "PRAGMA max_page_count = 1"); // SQLite takes the pages there are
        int refused = 0;
        const int Records = SqliteShadowSink.MaxWaiting + 200;
        for (int i = 0; i < Records; i++)
        {
            try
            {
                await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromSeconds(i), request: $"{i}"), default);
            }
            catch (EngineException e)
            {
                Assert.EndsWith("no space is left", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, SqliteShadowSink.MaxWaiting + 1, Records);
        ShadowDatabase.Execute(connection, "PRAGMA max_page_count = 100000");
        await sink.WriteAsync(ShadowRecords.At(TimeSpan.FromSeconds(Records), request: "last"), default);
        string[] kept = Rows("SELECT request FROM records ORDER BY id");
        Assert.Equal(Records - refused + SqliteShadowSink.MaxWaiting, kept.Length);
        Assert.Equal("last", kept[^1]);
        Assert.Equal($"{Records - 1}", kept[^2]);
    }

    // The file system decides who waits for whom: on a slow disk, one of the two may not get the lock within the second that it waits.
    [Fact]
    public async Task Many_threads_and_two_servers_write_concurrently_and_no_record_is_lost()
    {
        using (SqliteShadowSink one = Open(), two = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => WriteAsync(i % 2 == 0 ? one : two))));
        }
        Assert.Equal(["200"], Rows("SELECT COUNT(*) FROM records"));

        static async Task WriteAsync(SqliteShadowSink sink)
        {
            try
            {
                await sink.WriteAsync(ShadowRecords.At(TimeSpan.Zero), default);
            }
            catch (EngineException e)
            {
                Assert.EndsWith("another program holds it locked", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_file_that_cannot_be_a_store_is_refused_with_a_message()
    {
        Assert.EndsWith("the path is empty. Name a file.", Refusal(" "), StringComparison.Ordinal);
        Assert.EndsWith("this is a folder. Name a file in it.", Refusal(Path.GetDirectoryName(Store)!), StringComparison.Ordinal);
        Assert.Contains($"there is no folder '{_folder.File("missing")}'. Make it first", Refusal(Path.Combine(_folder.File("missing"), "s.db")), StringComparison.Ordinal);
        File.WriteAllText(_folder.File("text.db"), new string('x', 5000));
        Assert.Contains("it is not an SQLite database. Name another file", Refusal(_folder.File("text.db")), StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), File.ReadAllText(_folder.File("text.db")));
        using (SqliteConnection other = Raw(_folder.File("other.db")))
        {
            ShadowDatabase.Execute(other, "CREATE TABLE songs (title TEXT)");
        }
        Assert.Contains("it is the SQLite database of another program", Refusal(_folder.File("other.db")), StringComparison.Ordinal);
        Open().Dispose();
        using (SqliteConnection newer = Raw())
        {
            ShadowDatabase.Execute(newer, "PRAGMA user_version = 2");
        }
        Assert.Equal(
            $"Opening the store of shadow records '{Store}' (Engine:Shadow:Store): expected tables of version 1, found 2, which a newer engine wrote. Name another file, or use that engine.",
            Refusal(Store));
    }

    [Fact]
    public async Task A_server_with_an_unusable_store_says_so_and_exits()
    {
        Outcome outcome = await EngineProcess.RunAsync(
            ["serve", "--urls", "http://127.0.0.1:0"], null, new Dictionary<string, string> { ["Engine__Shadow__Store"] = Path.Combine(_folder.File("missing"), "s.db") });
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            $"Opening the store of shadow records '{Path.Combine(_folder.File("missing"), "s.db")}' (Engine:Shadow:Store): there is no folder '{_folder.File("missing")}'. "
            + "Make it first, or name another file.\n",
            outcome.Error);
    }

    private static string Refusal(string path) => Assert.Throws<ConfigurationException>(() => new SqliteShadowSink(path, NullLogger<SqliteShadowSink>.Instance)).Message;

    private SqliteShadowSink Open() => new(Store, NullLogger<SqliteShadowSink>.Instance);

    private SqliteConnection Raw(string? path = null)
    {
        var connection = new SqliteConnection($"Data Source={path ?? Store};Pooling=False");
        connection.Open();
        return connection;
    }

    private string[] Rows(string sql)
    {
        using SqliteConnection connection = Raw();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        }
        return [.. rows];
    }
}
