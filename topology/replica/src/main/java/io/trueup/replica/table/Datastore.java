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
 * What a replica's table holds, read from the database itself, while the replica runs or after it. Read only. Not
 * thread-safe.
 */
public final class Datastore implements AutoCloseable {

    private static final int ROWS_PER_FETCH = 1_000;

    private final JdbcSettings location;
    private final Connection connection;

    private Datastore(JdbcSettings location, Connection connection) {
        this.location = location;
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
    public static Datastore open(JdbcSettings location) {
        try {
            return new Datastore(location, location.dialect().openReading(location));
        } catch (SQLException e) {
            throw Table.failure(location, "open", e);
        }
    }

    /**
     * Visits the entries that are live at a time, in ascending order of key as unsigned bytes: one consistent view of
     * the table.
     *
     * @param nowMs entries that expire at this time or before are left out, as tombstones are
     * @throws DatastoreException if the database fails
     */
    public void forEach(long nowMs, Consumer<StoredEntry> visitor) {
        query(Statements.live(location.table()), nowMs, rows -> {
            while (rows.next()) {
                visitor.accept(Statements.read(rows));
            }
            return null;
        });
    }

    /**
     * Counts the entries that are live at a time.
     *
     * @throws DatastoreException if the database fails
     */
    public long count(long nowMs) {
        return query(Statements.countLive(location.table()), nowMs, rows -> {
            rows.next();
            return rows.getLong(1);
        });
    }

    /**
     * SHA-256 over keys, versions, expiries and values of the entries that are live at a time, in order of key, in
     * hexadecimal: the same for two tables exactly if they hold the same.
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
     * Returns the entry of a key, a tombstone too.
     *
     * @throws DatastoreException if the database fails
     */
    public Optional<StoredEntry> find(byte[] key) {
        String sql = Statements.load(location.table(), 1);
        return run(
                sql,
                statement -> statement.setBytes(1, key),
                rows -> rows.next() ? Optional.of(Statements.read(rows)) : Optional.empty());
    }

    /**
     * Returns rows of one partition as they are stored, tombstones and expired ones too, in ascending order of key as
     * unsigned bytes. Reads what is committed when it is called.
     *
     * @param behind the key behind which to begin, or null for the first one
     * @param most most rows
     * @return empty if there are no more
     * @throws DatastoreException if the database fails
     */
    public List<StoredEntry> rows(int partition, byte[] behind, int most) {
        return run(
                Statements.scan(location.table(), behind != null),
                statement -> {
                    statement.setInt(1, partition);
                    if (behind != null) {
                        statement.setBytes(2, behind);
                    }
                    statement.setInt(behind == null ? 2 : 3, most);
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
     * Counts the rows, tombstones too, by the partition that is stored with them.
     *
     * @throws DatastoreException if the database fails
     */
    public SortedMap<Integer, Long> rowsByPartition() {
        return run(
                Statements.countByPartition(location.table()),
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
            throw Table.failure(location, "read from", e);
        }
    }

    /** Closes the connection. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw Table.failure(location, "close", e);
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
