using System.Text.Json;
using Engine.Parity;
using Engine.Shadow;
using Microsoft.Data.Sqlite;

namespace Engine.Host.Shadow;

/// <summary>Stores records, alarms and coverage in a SQLite file. What cannot be written, because the disk is full or the file locked, waits for the
/// next record, up to a limit; the caller counts and logs the failure.</summary>
internal sealed partial class SqliteShadowSink : IShadowStore, IDisposable
{
    /// <summary>The maximum number of pending writes; beyond it the oldest are dropped.</summary>
    public const int MaxWaiting = 1000;

    private const string InsertRecord = """
        INSERT INTO records (time, request, model, oracle, setting, positions, full_rows, kl, top_one, nmse, max_absolute, verdict,
            tolerance_metric, tolerance_limit, tolerance_source, reason, prompt_ids, answer_ids, answer_text)
        VALUES ($time, $request, $model, $oracle, $setting, $positions, $full_rows, $kl, $top_one, $nmse, $max_absolute, $verdict,
            $tolerance_metric, $tolerance_limit, $tolerance_source, $reason, $prompt_ids, $answer_ids, $answer_text)
        """;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly ILogger _logger;
    private readonly List<Statement> _waiting = [];

    /// <param name="path">The file, created if necessary.</param>
    /// <param name="logger">Receives what was never written.</param>
    /// <exception cref="ConfigurationException">It cannot be written, or is something else.</exception>
    public SqliteShadowSink(string path, ILogger<SqliteShadowSink> logger) : this(ShadowDatabase.OpenForWriting(path), logger)
    {
    }

    /// <param name="connection">Opened for writing; owned from now on.</param>
    /// <param name="logger">Receives what was never written.</param>
    internal SqliteShadowSink(SqliteConnection connection, ILogger<SqliteShadowSink> logger) => (_connection, _logger) = (connection, logger);

    public ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken)
    {
        // Ids and text are only present if they may be stored.
        Write(new Statement(InsertRecord,
        [
            ("$time", ShadowDatabase.Text(record.Time)), ("$request", record.RequestId), ("$model", record.Model), ("$oracle", record.Oracle),
            ("$setting", Word(record.Numerics)), ("$positions", record.Positions), ("$full_rows", record.FullRows), ("$kl", record.Kl),
            ("$top_one", record.TopOne), ("$nmse", record.Nmse), ("$max_absolute", record.MaxAbsolute), ("$verdict", Word(record.Verdict)),
            ("$tolerance_metric", Word(record.Tolerance.Metric)), ("$tolerance_limit", record.Tolerance.Limit), ("$tolerance_source", Word(record.ToleranceSource)),
            ("$reason", record.Reason), ("$prompt_ids", Ids(record.PromptIds)), ("$answer_ids", Ids(record.AnswerIds)), ("$answer_text", record.AnswerText),
        ]));
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(ShadowAlarmRecord alarm, CancellationToken cancellationToken)
    {
        Write(new Statement("INSERT INTO alarms (time, model, event, reason) VALUES ($time, $model, $event, $reason)",
            [("$time", ShadowDatabase.Text(alarm.Time)), ("$model", alarm.Model), ("$event", Word(alarm.Event)), ("$reason", alarm.Reason)]));
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(string model, Coverage coverage, CancellationToken cancellationToken)
    {
        Write(new Statement(
            "INSERT INTO coverage (model, time, state, report) VALUES ($model, $time, $state, $report) "
            + "ON CONFLICT (model) DO UPDATE SET time = excluded.time, state = excluded.state, report = excluded.report",
            [("$model", model), ("$time", ShadowDatabase.Text(TimeProvider.System.GetUtcNow())), ("$state", coverage.Save()), ("$report", JsonSerializer.Serialize(coverage.ToReport()))])
        {
            Replaces = model,
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<Coverage?> ReadCoverageAsync(string model, ModelCard card, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            try
            {
                using SqliteCommand command = _connection.CreateCommand();
                command.CommandText = "SELECT state FROM coverage WHERE model = $model";
                command.Parameters.AddWithValue("$model", model);
                return ValueTask.FromResult(command.ExecuteScalar() is string state ? Coverage.Restore(card, state) : null);
            }
            catch (SqliteException e)
            {
                throw Refusal("Reading", e);
            }
        }
    }

    /// <summary>Writes what is still pending, as far as possible.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            try
            {
                WriteWaiting();
            }
            catch (SqliteException e)
            {
                LogLost(_waiting.Count, _connection.DataSource, ShadowDatabase.Describe(e));
            }
            _connection.Dispose();
        }
    }

    private void Write(Statement statement)
    {
        lock (_lock)
        {
            if (statement.Replaces is { } model)
            {
                _waiting.RemoveAll(one => one.Replaces == model);
            }
            _waiting.Add(statement);
            _waiting.RemoveRange(0, Math.Max(0, _waiting.Count - MaxWaiting));
            try
            {
                WriteWaiting();
            }
            catch (SqliteException e)
            {
                throw Refusal("Writing", e);
            }
        }
    }

    // Everything pending in one transaction: it is written as a whole or stays pending.
    private void WriteWaiting()
    {
        if (_waiting.Count == 0)
        {
            return;
        }
        using SqliteTransaction transaction = _connection.BeginTransaction();
        foreach (Statement statement in _waiting)
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = statement.Sql;
            foreach ((string name, object? value) in statement.Values)
            {
                command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            }
            command.ExecuteNonQuery();
        }
        transaction.Commit();
        _waiting.Clear();
    }

    private EngineException Refusal(string doing, SqliteException e) =>
        new($"{doing} shadow records in '{_connection.DataSource}': {ShadowDatabase.Describe(e)}", e);

    private static string? Ids(IReadOnlyList<int> ids) => ids.Count == 0 ? null : string.Join(',', ids);

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Count} shadow records were not written to {Path} before the end: {Reason}")]
    private partial void LogLost(int count, string path, string reason);

    private sealed record Statement(string Sql, (string Name, object? Value)[] Values)
    {
        /// <summary>The model of the coverage: only the latest row counts.</summary>
        public string? Replaces { get; init; }
    }
}
