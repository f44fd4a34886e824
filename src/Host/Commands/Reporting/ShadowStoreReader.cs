using System.Globalization;
using System.Text.Json;
using Engine.Host.Shadow;
using Engine.Parity;
using Microsoft.Data.Sqlite;

namespace Engine.Host.Commands.Reporting;

/// <summary>Reads a report from a store, as a consistent snapshot.</summary>
internal sealed class ShadowStoreReader : IDisposable
{
    /// <summary>The number of samples that are listed individually.</summary>
    private const int Worst = 5;

    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly DateTimeOffset? _since;

    /// <param name="path">The store.</param>
    /// <param name="since">The oldest time of interest; null for all.</param>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public ShadowStoreReader(string path, DateTimeOffset? since)
    {
        (_path, _since) = (path, since);
        _connection = ShadowDatabase.OpenForReading(path);
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Reads the records of one model, or of all.</summary>
    /// <exception cref="ConfigurationException">The file is damaged or locked.</exception>
    /// <exception cref="InvalidRequestException">There is no such model.</exception>
    public ShadowReport Read(string? model)
    {
        try
        {
            using SqliteTransaction moment = _connection.BeginTransaction(deferred: true);
            string[] known = [.. Query("SELECT DISTINCT model FROM records ORDER BY model", row => row.GetString(0))];
            if (model is not null && !known.Contains(model, StringComparer.OrdinalIgnoreCase))
            {
                throw new InvalidRequestException($"Reading the shadow records of '{model}': the store '{_path}' "
                    + (known.Length == 0 ? "holds no records yet." : $"holds those of {string.Join(", ", known)}.{Spelling.Proposal(model, known)}"));
            }
            ShadowModelReport[] models =
            [
                .. from name in known
                   where model is null || string.Equals(name, model, StringComparison.OrdinalIgnoreCase)
                   let report = ReadModel(name)
                   where report.Samples + report.Alarms.Count > 0
                   select report,
            ];
            DateTimeOffset[] times = [.. models.SelectMany(one => one.Points).Select(point => point.Time)];
            return new ShadowReport
            {
                Store = _path,
                Since = _since,
                From = times.Length == 0 ? null : times.Min(),
                To = times.Length == 0 ? null : times.Max(),
                Samples = times.Length,
                Models = models,
            };
        }
        catch (SqliteException e)
        {
            throw new ConfigurationException($"Reading the store of shadow records '{_path}': {ShadowDatabase.Describe(e)}. Try again, or name another file.");
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or JsonException)
        {
            throw new ConfigurationException($"Reading the store of shadow records '{_path}': a row of its tables is not as an engine writes it ({e.Message.TrimEnd('.')}). Name another file.");
        }
    }

    private ShadowModelReport ReadModel(string model)
    {
        ShadowPoint[] points =
        [
            .. Query(
                "SELECT time, verdict, kl, top_one, nmse, max_absolute FROM records WHERE model = $model AND time >= $since ORDER BY time",
                row => new ShadowPoint(Time(row, 0), row.GetString(1) == "pass", Number(row, 2), Number(row, 3), Number(row, 4), Number(row, 5)), model),
        ];
        int passed = points.Count(point => point.Passed);
        return new ShadowModelReport
        {
            Model = model,
            Oracles = Query("SELECT DISTINCT oracle FROM records WHERE model = $model AND time >= $since ORDER BY oracle", row => row.GetString(0), model),
            Samples = points.Length,
            Positions = Query("SELECT COALESCE(SUM(positions), 0) FROM records WHERE model = $model AND time >= $since", row => row.GetInt64(0), model)[0],
            Passed = passed,
            PassShare = points.Length == 0 ? 0 : (double)passed / points.Length,
            NotMeasured = points.Count(point => point.Nmse is null),
            Kl = UpperQuantiles.Of(points.Select(point => point.Kl)),
            Nmse = UpperQuantiles.Of(points.Select(point => point.Nmse)),
            MaxAbsolute = UpperQuantiles.Of(points.Select(point => point.MaxAbsolute)),
            TopOne = LowerQuantiles.Of(points.Select(point => point.TopOne)),
            Tolerances = Query(
                "SELECT tolerance_metric, tolerance_limit, tolerance_source, COUNT(*) FROM records WHERE model = $model AND time >= $since GROUP BY 1, 2, 3 ORDER BY MAX(time) DESC",
                row => new ShadowToleranceReport(row.GetString(0), row.GetDouble(1), row.GetString(2), row.GetInt64(3)), model),
            Alarms = Query("SELECT time, event, reason FROM alarms WHERE model = $model AND time >= $since ORDER BY time, id",
                row => new ShadowAlarmReport(Time(row, 0), row.GetString(1), row.GetString(2)), model),
            Coverage = Query("SELECT report FROM coverage WHERE model = $model", row => JsonSerializer.Deserialize<CoverageReport>(row.GetString(0)), model).SingleOrDefault(),
            Worst = Query(
                "SELECT time, request, verdict, positions, kl, top_one, nmse, max_absolute, reason FROM records WHERE model = $model AND time >= $since "
                + $"ORDER BY verdict = 'pass', nmse IS NOT NULL, nmse DESC, time DESC LIMIT {Worst}",
                row => new ShadowSampleReport(
                    Time(row, 0), row.GetString(1), row.GetString(2) == "pass", row.GetInt64(3), Number(row, 4), Number(row, 5), Number(row, 6), Number(row, 7), row.GetString(8)), model),
            OverTime = ShadowIntervals.Of(points),
            Points = points,
        };
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, string? model = null)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$model", model ?? "");
        command.Parameters.AddWithValue("$since", _since is { } time ? ShadowDatabase.Text(time) : "");
        using SqliteDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    private static DateTimeOffset Time(SqliteDataReader row, int column) =>
        DateTimeOffset.Parse(row.GetString(column), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static double? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
}
