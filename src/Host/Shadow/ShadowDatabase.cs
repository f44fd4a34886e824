using Microsoft.Data.Sqlite;

namespace Engine.Host.Shadow;

/// <summary>The SQLite file of the shadow records: opened, recognised, its tables made.</summary>
internal static class ShadowDatabase
{
    /// <summary>Identifies the file format (PRAGMA application_id): "EnSh".</summary>
    private const int ApplicationId = 0x456E5368;

    /// <summary>The version of the tables (PRAGMA user_version).</summary>
    private const int Version = 1;

    /// <summary>How long to wait for another program's lock.</summary>
    private const int BusySeconds = 1;

    // Times are ISO 8601 in UTC to the millisecond: they sort as text, and people can read them.
    // The column "setting" holds the numerics.
    private const string Tables = """
        CREATE TABLE records (
            id INTEGER PRIMARY KEY, time TEXT NOT NULL, request TEXT NOT NULL, model TEXT NOT NULL, oracle TEXT NOT NULL, setting TEXT NOT NULL,
            positions INTEGER NOT NULL, full_rows INTEGER NOT NULL, kl REAL, top_one REAL, nmse REAL, max_absolute REAL, verdict TEXT NOT NULL,
            tolerance_metric TEXT NOT NULL, tolerance_limit REAL NOT NULL, tolerance_source TEXT NOT NULL, reason TEXT NOT NULL,
            prompt_ids TEXT, answer_ids TEXT, answer_text TEXT);
        CREATE INDEX records_by_model ON records (model, time);
        CREATE TABLE alarms (id INTEGER PRIMARY KEY, time TEXT NOT NULL, model TEXT NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL);
        CREATE TABLE coverage (model TEXT PRIMARY KEY, time TEXT NOT NULL, state TEXT NOT NULL, report TEXT NOT NULL);
        """;

    /// <summary>A time as the tables hold it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Opens a file to write records, creating it if necessary.</summary>
    /// <exception cref="ConfigurationException">It cannot be written, or is something else.</exception>
    public static SqliteConnection OpenForWriting(string path)
    {
        string doing = $"Opening the store of shadow records '{path}' (Engine:Shadow:Store)";
        RequireFile(path, doing);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
        {
            throw new ConfigurationException($"{doing}: there is no folder '{folder}'. Make it first, or name another file.");
        }
        return Open(path, SqliteOpenMode.ReadWriteCreate, doing, connection =>
        {
            if (IsEmpty(connection))
            {
                // A process that starts at the same time creates the same tables: one of the two waits, and finds them.
                using SqliteTransaction transaction = connection.BeginTransaction();
                if (IsEmpty(connection))
                {
                    Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}; {Tables}");
                }
                transaction.Commit();
            }
            RequireOurs(connection, doing);
            // WAL lets readers and a writer work side by side; a power failure may lose the last writes but does not damage the file.
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
            // Fail now if the file is read-only.
            Execute(connection, "BEGIN IMMEDIATE; ROLLBACK;");
        });
    }

    /// <summary>Opens a file to read records, even while a server writes them.</summary>
    /// <exception cref="ConfigurationException">It is not there, cannot be read, or is something else.</exception>
    public static SqliteConnection OpenForReading(string path)
    {
        string doing = $"Reading the store of shadow records '{path}'";
        RequireFile(path, doing);
        if (!File.Exists(path))
        {
            throw new ConfigurationException($"{doing}: there is no such file. Name the file of Engine:Shadow:Store; a server with that setting creates it at startup.");
        }
        RequireReadable(path, doing);
        return Open(path, SqliteOpenMode.ReadOnly, doing, connection =>
        {
            if (IsEmpty(connection))
            {
                throw new ConfigurationException($"{doing}: the file has no tables. Name the file that a server wrote (Engine:Shadow:Store).");
            }
            RequireOurs(connection, doing);
        });
    }

    /// <summary>What SQLite refused, worded for a message, without a full stop.</summary>
    public static string Describe(SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => "another program holds it locked",
        8 => "it is read-only",
        3 or 23 => "access is denied",
        10 => "the disk does not read or write it",
        11 => "it is damaged",
        13 => "no space is left",
        14 => "it cannot be opened: SQLite keeps two files beside it, so its folder must be writable as well",
        26 => "it is not an SQLite database",
        _ => e.Message.TrimEnd('.'),
    };

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode, string doing, Action<SqliteConnection> prepare)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds }.ToString());
        try
        {
            connection.Open();
            prepare(connection);
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new ConfigurationException($"{doing}: {Describe(e)}. Name another file, or repair this one.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void RequireFile(string path, string doing)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ConfigurationException($"{doing}: the path is empty. Name a file.");
        }
        if (Directory.Exists(path))
        {
            throw new ConfigurationException($"{doing}: this is a folder. Name a file in it.");
        }
    }

    // SQLite says of a file that this user may not read what it says of a folder that it may not write to.
    private static void RequireReadable(string path, string doing)
    {
        try
        {
            File.OpenHandle(path).Dispose();
        }
        catch (UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{doing}: this user may not read it. Change its permissions, or name another file.");
        }
    }

    private static void RequireOurs(SqliteConnection connection, string doing)
    {
        if (Number(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw new ConfigurationException($"{doing}: it is the SQLite database of another program. Name another file.");
        }
        if (Number(connection, "PRAGMA user_version") is var version && version != Version)
        {
            throw new ConfigurationException(
                $"{doing}: expected tables of version {Version}, found {version}, {(version > Version ? "which a newer engine wrote" : "which no engine wrote")}. Name another file{(version > Version ? ", or use that engine" : "")}.");
        }
    }

    private static bool IsEmpty(SqliteConnection connection) => Number(connection, "SELECT COUNT(*) FROM sqlite_schema") == 0 && Number(connection, "PRAGMA application_id") == 0;

    private static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
