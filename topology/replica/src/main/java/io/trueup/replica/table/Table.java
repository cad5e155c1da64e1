package io.trueup.replica.table;

import io.trueup.replica.entry.Batch;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;

/**
 * The datastore's table as its replica writes it. A transaction begins with {@link #load} and ends with {@link #store}
 * or {@link #release}: as JDBC has it, the one by leaving auto-commit mode, the other by coming back to it. Between two
 * transactions nothing is locked. After a failure the table must be opened anew. Not thread-safe.
 */
public final class Table implements AutoCloseable {

    private static final int KEYS_PER_QUERY = 256;
    private static final int MOST_ATTEMPTS = 20;

    private final JdbcSettings location;
    private final Connection connection;
    private final PreparedStatement load;
    private final PreparedStatement upsert;
    private final PreparedStatement loadOffset;
    private final PreparedStatement upsertOffset;
    private final PreparedStatement bury;
    private final PreparedStatement forget;

    private Table(JdbcSettings location, Connection connection) throws SQLException {
        this.location = location;
        this.connection = connection;
        load = connection.prepareStatement(Statements.load(location.table(), KEYS_PER_QUERY));
        upsert = connection.prepareStatement(Statements.upsert(location.table()));
        loadOffset = connection.prepareStatement(Statements.loadOffset(location.table()));
        upsertOffset = connection.prepareStatement(Statements.upsertOffset(location.table()));
        String lock = location.dialect().skipLocked();
        bury = connection.prepareStatement(Statements.bury(location.table(), lock));
        forget = connection.prepareStatement(Statements.forget(location.table(), lock));
    }

    /**
     * Connects, and creates the table if it is not there.
     *
     * @throws DatastoreException if the database cannot be used
     */
    public static Table open(JdbcSettings location) {
        try {
            return new Table(location, location.dialect().openWriting(location));
        } catch (SQLException e) {
            throw failure(location, "open", e);
        }
    }

    /** Longest key in bytes that the table can hold. */
    public int longestKey() {
        return location.dialect().longestKey();
    }

    /**
     * Applies feed records, then repairs, in one transaction. Nothing is applied if it fails.
     *
     * @param offsets for each partition of which the records came, the offset after the last one
     * @return what was done, committed
     * @throws DatastoreException if the database fails
     */
    public Batch apply(
            Collection<FeedRecord> feed, Collection<Repair> repairs, Map<TopicPartition, Long> offsets, long nowMs) {
        Set<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        feed.forEach(record -> keys.add(record.key()));
        repairs.forEach(repair -> keys.add(repair.key()));
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            Batch batch = new Batch(load(keys), nowMs);
            feed.forEach(batch::feed);
            repairs.forEach(batch::repair);
            if (store(batch.changes(), offsets, nowMs)) {
                return batch;
            }
        }
        throw new DatastoreException("somebody else keeps changing the rows of one batch in " + location
                + ": gave up after " + MOST_ATTEMPTS + " attempts");
    }

    /** What is held for the keys, tombstones included, outside of any transaction. Keys that are not held are left out. */
    public List<StoredEntry> read(Collection<byte[]> keys) {
        List<StoredEntry> held = load(keys);
        release();
        return held;
    }

    /** The offset up to which a partition is applied to this very database; nothing if it knows nothing of the partition. */
    public OptionalLong appliedTo(TopicPartition partition) {
        try {
            loadOffset.setString(1, partition.topic());
            loadOffset.setInt(2, partition.partition());
            try (ResultSet row = loadOffset.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
            }
        } catch (SQLException e) {
            throw failure(location, "read from", e);
        }
    }

    /**
     * Makes tombstones of values that expired at this time or before, in a transaction of its own.
     *
     * @param nowMs when the tombstones are stored
     * @return how many; less than {@code most} if no more are left
     * @throws DatastoreException if the database fails
     */
    public int bury(long expiredMs, long nowMs, int most) {
        return purge(bury, nowMs, expiredMs, most, expiredMs);
    }

    /**
     * Deletes tombstones whose position lies at this time or before, and that were stored no later, in a transaction of its own.
     *
     * @return how many; less than {@code most} if no more are left
     * @throws DatastoreException if the database fails
     */
    public int forget(long untilMs, int most) {
        return purge(forget, untilMs, untilMs, most, untilMs, untilMs);
    }

    private int purge(PreparedStatement statement, long... parameters) {
        try {
            for (int i = 0; i < parameters.length; i++) {
                statement.setLong(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failure(location, "write to", e);
        }
    }

    private List<StoredEntry> load(Collection<byte[]> keys) {
        List<StoredEntry> held = new ArrayList<>();
        try {
            connection.setAutoCommit(false);
            Iterator<byte[]> rest = keys.iterator();
            while (rest.hasNext()) {
                loadNext(rest, held);
            }
            return held;
        } catch (SQLException e) {
            throw rolledBack("read from", e);
        }
    }

    /** A query has a fixed number of parameters; the last one is filled up with its last key. */
    private void loadNext(Iterator<byte[]> keys, List<StoredEntry> held) throws SQLException {
        byte[] key = null;
        for (int i = 1; i <= KEYS_PER_QUERY; i++) {
            key = keys.hasNext() ? keys.next() : key;
            load.setBytes(i, key);
        }
        try (ResultSet rows = load.executeQuery()) {
            while (rows.next()) {
                held.add(Statements.read(rows));
            }
        }
    }

    /** Returns false, with nothing written, if somebody else has changed one of the rows since they were loaded. */
    private boolean store(List<Batch.Change> changes, Map<TopicPartition, Long> offsets, long nowMs) {
        try {
            boolean stored = changes.isEmpty() || upsert(changes, nowMs);
            if (stored) {
                store(offsets);
            } else {
                connection.rollback();
            }
            connection.setAutoCommit(true);
            return stored;
        } catch (SQLException e) {
            throw rolledBack("write to", e);
        }
    }

    private void store(Map<TopicPartition, Long> offsets) throws SQLException {
        for (Map.Entry<TopicPartition, Long> offset : offsets.entrySet()) {
            upsertOffset.setString(1, offset.getKey().topic());
            upsertOffset.setInt(2, offset.getKey().partition());
            upsertOffset.setLong(3, offset.getValue());
            upsertOffset.executeUpdate();
        }
    }

    private boolean upsert(List<Batch.Change> changes, long nowMs) throws SQLException {
        for (Batch.Change change : changes) {
            Statements.bind(upsert, change, nowMs);
            upsert.addBatch();
        }
        boolean stored = true;
        for (int rows : upsert.executeBatch()) {
            stored &= rows == 1;
        }
        return stored;
    }

    private void release() {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw failure(location, "read from", e);
        }
    }

    private DatastoreException rolledBack(String what, SQLException cause) {
        try {
            upsert.clearBatch();
            connection.rollback();
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
        return failure(location, what, cause);
    }

    /** Closes the connection; what is not committed is rolled back. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(location, "close", e);
        }
    }

    static DatastoreException failure(JdbcSettings location, String what, SQLException cause) {
        String reason = String.valueOf(cause.getMessage());
        return new DatastoreException("cannot " + what + " " + location + ": " + reason, cause);
    }
}
