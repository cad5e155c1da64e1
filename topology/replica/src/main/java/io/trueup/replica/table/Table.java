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
 * Writes the table of a replica. A transaction begins in {@link #load}, which leaves auto-commit mode, and ends in {@link #store} or
 * {@link #release}, which return to it. Between two transactions nothing is locked. After a failure the table must be opened again.
 * Not thread-safe.
 */
public final class Table implements AutoCloseable {

    private static final int KEYS_PER_QUERY = 256;
    private static final int MAX_ATTEMPTS = 20;

    private final JdbcSettings settings;
    private final Connection connection;
    private final PreparedStatement load;
    private final PreparedStatement upsert;
    private final PreparedStatement loadOffset;
    private final PreparedStatement upsertOffset;
    private final PreparedStatement expire;
    private final PreparedStatement purgeTombstones;

    private Table(JdbcSettings settings, Connection connection) throws SQLException {
        this.settings = settings;
        this.connection = connection;
        load = connection.prepareStatement(Statements.load(settings.table(), KEYS_PER_QUERY));
        upsert = connection.prepareStatement(Statements.upsert(settings.table()));
        loadOffset = connection.prepareStatement(Statements.loadOffset(settings.table()));
        upsertOffset = connection.prepareStatement(Statements.upsertOffset(settings.table()));
        String lock = settings.dialect().skipLocked();
        expire = connection.prepareStatement(Statements.expire(settings.table(), lock));
        purgeTombstones = connection.prepareStatement(Statements.purgeTombstones(settings.table(), lock));
    }

    /**
     * Connects to the database, and creates the table if it does not exist.
     *
     * @throws DatastoreException if the database cannot be used
     */
    public static Table open(JdbcSettings settings) {
        try {
            return new Table(settings, settings.dialect().openWriting(settings));
        } catch (SQLException e) {
            throw failure(settings, "open", e);
        }
    }

    /** The longest key in bytes that the table can hold. */
    public int maxKeyBytes() {
        return settings.dialect().maxKeyBytes();
    }

    /**
     * Applies feed records, then repairs, in one transaction. Nothing is applied if it fails.
     *
     * @param feed records of the feed, in order
     * @param repairs repairs, in order
     * @param offsets for each partition from which the records were read, the offset after the last one
     * @param nowMs current time in milliseconds since the epoch
     * @return the batch, which is committed
     * @throws DatastoreException if the database fails
     */
    public Batch apply(
            Collection<FeedRecord> feed, Collection<Repair> repairs, Map<TopicPartition, Long> offsets, long nowMs) {
        Set<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        feed.forEach(record -> keys.add(record.key()));
        repairs.forEach(repair -> keys.add(repair.key()));
        for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
            Batch batch = new Batch(load(keys), nowMs);
            feed.forEach(batch::feed);
            repairs.forEach(batch::repair);
            if (store(batch.changes(), offsets, nowMs)) {
                return batch;
            }
        }
        throw new DatastoreException("another writer keeps changing the rows of one batch in " + settings
                + ": gave up after " + MAX_ATTEMPTS + " attempts");
    }

    /**
     * Returns the entries that are held for the keys, including tombstones, outside of any transaction. Keys without entry are left out.
     *
     * @throws DatastoreException if the database fails
     */
    public List<StoredEntry> read(Collection<byte[]> keys) {
        List<StoredEntry> held = load(keys);
        release();
        return held;
    }

    /**
     * The offset up to which a partition is applied to this database.
     *
     * @return empty if the database has no offset for the partition
     * @throws DatastoreException if the database fails
     */
    public OptionalLong appliedTo(TopicPartition partition) {
        try {
            loadOffset.setString(1, partition.topic());
            loadOffset.setInt(2, partition.partition());
            try (ResultSet row = loadOffset.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
            }
        } catch (SQLException e) {
            throw failure(settings, "read from", e);
        }
    }

    /**
     * Replaces expired values by tombstones, in a transaction of its own.
     *
     * @param expiredMs values that expired at this time or before are replaced; milliseconds since the epoch
     * @param nowMs the time at which the tombstones are stored, in milliseconds since the epoch
     * @param limit maximum number of rows
     * @return the number of rows; less than {@code limit} if none is left
     * @throws DatastoreException if the database fails
     */
    public int expire(long expiredMs, long nowMs, int limit) {
        return update(expire, nowMs, expiredMs, limit, expiredMs);
    }

    /**
     * Deletes old tombstones, in a transaction of its own.
     *
     * @param untilMs tombstones whose position is not after this time, and that were stored at this time or before, are deleted;
     *     milliseconds since the epoch
     * @param limit maximum number of rows
     * @return the number of rows; less than {@code limit} if none is left
     * @throws DatastoreException if the database fails
     */
    public int purgeTombstones(long untilMs, int limit) {
        return update(purgeTombstones, untilMs, untilMs, limit, untilMs, untilMs);
    }

    private int update(PreparedStatement statement, long... parameters) {
        try {
            for (int i = 0; i < parameters.length; i++) {
                statement.setLong(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failure(settings, "write to", e);
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

    /** The query has a fixed number of parameters. In the last query, the last key fills the parameters that are left. */
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

    /** Returns false, and writes nothing, if another writer has changed one of the rows since they were loaded. */
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
            throw failure(settings, "read from", e);
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
        return failure(settings, what, cause);
    }

    /** Closes the connection. A transaction that is not committed is rolled back. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(settings, "close", e);
        }
    }

    static DatastoreException failure(JdbcSettings settings, String what, SQLException cause) {
        String reason = String.valueOf(cause.getMessage());
        return new DatastoreException("cannot " + what + " " + settings + ": " + reason, cause);
    }
}
