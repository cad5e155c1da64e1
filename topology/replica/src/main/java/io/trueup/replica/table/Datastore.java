package io.trueup.replica.table;

import io.trueup.replica.entry.StoredEntry;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Reads a replica's table from the database itself, while the replica runs or after it has ended. Never writes. Not thread-safe.
 */
public final class Datastore implements AutoCloseable {

    private static final int ROWS_PER_FETCH = 1_000;

    private final JdbcSettings settings;
    private final Connection connection;

    private Datastore(JdbcSettings settings, Connection connection) {
        this.settings = settings;
        this.connection = connection;
    }

    /**
     * Opens the default table of a database.
     *
     * @param url JDBC URL
     * @throws DatastoreException if the database cannot be opened
     * @throws IllegalArgumentException if the URL is for another kind of database
     */
    public static Datastore open(String url) {
        return open(JdbcSettings.of(url));
    }

    /**
     * Opens a table.
     *
     * @throws DatastoreException if the database cannot be opened
     */
    public static Datastore open(JdbcSettings settings) {
        try {
            return new Datastore(settings, settings.dialect().openReading(settings));
        } catch (SQLException e) {
            throw Table.failure(settings, "open", e);
        }
    }

    /**
     * Reads a table through a connection that is open already, and closes it in the end.
     *
     * @param connection not in auto-commit mode
     */
    public static Datastore of(JdbcSettings settings, Connection connection) {
        return new Datastore(settings, connection);
    }

    /**
     * Visits the entries that are live at a given time, in ascending order of their keys as unsigned bytes. All entries come from one
     * consistent view of the table.
     *
     * @param nowMs milliseconds since the epoch; entries that expire at this time or before are left out, as tombstones are
     * @param visitor called for each entry
     * @throws DatastoreException if the database fails
     */
    public void forEach(long nowMs, Consumer<StoredEntry> visitor) {
        query(Statements.live(settings.table()), nowMs, rows -> {
            while (rows.next()) {
                visitor.accept(Statements.read(rows));
            }
            return null;
        });
    }

    /**
     * Counts the entries that are live at a given time in milliseconds since the epoch.
     *
     * @throws DatastoreException if the database fails
     */
    public long count(long nowMs) {
        return query(Statements.countLive(settings.table()), nowMs, Datastore::number);
    }

    /**
     * SHA-256, in hexadecimal, over keys, versions, expiries and values of the entries that are live at a given time in milliseconds
     * since the epoch, in order of their keys. Two tables have the same digest exactly if they hold the same.
     *
     * @throws DatastoreException if the database fails
     */
    public String digest(long nowMs) {
        MessageDigest digest = sha256();
        ByteBuffer numbers = ByteBuffer.allocate(2 * Integer.BYTES + 2 * Long.BYTES);
        forEach(nowMs, entry -> {
            numbers.clear();
            numbers.putInt(entry.key().length)
                    .putInt(entry.value().length)
                    .putLong(entry.version())
                    .putLong(entry.expiryMs());
            digest.update(numbers.array());
            digest.update(entry.key());
            digest.update(entry.value());
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Returns the entry of a key. It may be a tombstone.
     *
     * @throws DatastoreException if the database fails
     */
    public Optional<StoredEntry> find(byte[] key) {
        String sql = Statements.load(settings.table(), 1);
        return run(
                sql,
                statement -> statement.setBytes(1, key),
                rows -> rows.next() ? Optional.of(Statements.read(rows)) : Optional.empty());
    }

    /**
     * Returns rows of one partition as they are stored, including tombstones and expired rows, in ascending order of their keys as
     * unsigned bytes. Reads what is committed at the time of the call.
     *
     * @param after only rows with keys after this one are returned; null: from the first row
     * @param limit maximum number of rows
     * @return the rows; empty if there are no more
     * @throws DatastoreException if the database fails
     */
    public List<StoredEntry> rows(int partition, byte[] after, int limit) {
        return run(
                Statements.scan(settings.table(), after != null),
                statement -> {
                    bindRange(statement, partition, after);
                    statement.setInt(after == null ? 2 : 3, limit);
                },
                rows -> {
                    List<StoredEntry> found = new ArrayList<>();
                    while (rows.next()) {
                        found.add(Statements.read(rows));
                    }
                    return found;
                });
    }

    /**
     * Counts the rows of one partition, including tombstones and expired rows.
     *
     * @param after only rows with keys after this one are counted; null: all
     * @throws DatastoreException if the database fails
     */
    public long countRows(int partition, byte[] after) {
        return run(
                Statements.count(settings.table(), after != null),
                statement -> bindRange(statement, partition, after),
                Datastore::number);
    }

    private static void bindRange(PreparedStatement statement, int partition, byte[] after) throws SQLException {
        statement.setInt(1, partition);
        if (after != null) {
            statement.setBytes(2, after);
        }
    }

    private static long number(ResultSet rows) throws SQLException {
        if (!rows.next()) {
            throw new SQLException("a count has no result");
        }
        return rows.getLong(1);
    }

    /**
     * Counts the rows, including tombstones, by the partition that is stored with them.
     *
     * @throws DatastoreException if the database fails
     */
    public SortedMap<Integer, Long> rowsByPartition() {
        return run(
                Statements.countByPartition(settings.table()),
                statement -> {
                    // no parameters
                },
                rows -> {
                    SortedMap<Integer, Long> counts = new TreeMap<>();
                    while (rows.next()) {
                        counts.put(rows.getInt(1), rows.getLong(2));
                    }
                    return counts;
                });
    }

    private <T> T query(String sql, long nowMs, Reading<T> reading) {
        return run(sql, statement -> statement.setLong(1, nowMs), reading);
    }

    private <T> T run(String sql, Binding binding, Reading<T> reading) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(ROWS_PER_FETCH);
            binding.bind(statement);
            try (ResultSet rows = statement.executeQuery()) {
                return reading.read(rows);
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw Table.failure(settings, "read from", e);
        }
    }

    /** Closes the connection. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw Table.failure(settings, "close", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @FunctionalInterface
    private interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read(ResultSet rows) throws SQLException;
    }
}
