package io.trueup.replica.table;

import io.trueup.replica.entry.Batch;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;

/** The SQL statements, which are the same for all databases, and the order of their columns. */
final class Statements {

    private static final String COLUMNS = "key, partition, value, version, position, deleted, expiry, vector";
    private static final String LIVE = " WHERE NOT deleted AND (expiry IS NULL OR expiry > ?)";

    private Statements() {}

    /**
     * Rows of a partition, in order of their keys.
     *
     * @param afterKey whether only rows after a given key are selected
     */
    static String scan(String table, boolean afterKey) {
        return "SELECT " + COLUMNS + " FROM " + table + " WHERE partition = ?" + (afterKey ? " AND key > ?" : "")
                + " ORDER BY key LIMIT ?";
    }

    /**
     * Number of rows of a partition.
     *
     * @param afterKey whether only rows after a given key are counted
     */
    static String count(String table, boolean afterKey) {
        return "SELECT COUNT(*) FROM " + table + " WHERE partition = ?" + (afterKey ? " AND key > ?" : "");
    }

    /** Number of rows of each partition. */
    static String countByPartition(String table) {
        return "SELECT partition, COUNT(*) FROM " + table + " GROUP BY partition ORDER BY partition";
    }

    /** Replaces some of the values that have expired by tombstones. */
    static String expire(String table, String lock) {
        String expired = "NOT deleted AND expiry <= ?";
        return "UPDATE " + table + " SET deleted = TRUE, value = NULL, expiry = NULL, stored = ? WHERE key IN (SELECT"
                + " key FROM " + table + " WHERE " + expired + " LIMIT ?" + lock + ") AND " + expired;
    }

    /** Deletes some of the tombstones whose position and storage time are both old. */
    static String purgeTombstones(String table, String lock) {
        String old = "deleted AND stored <= ? AND position <= ?";
        return "DELETE FROM " + table + " WHERE key IN (SELECT key FROM " + table + " WHERE " + old + " LIMIT ?" + lock
                + ") AND " + old;
    }

    /** The rows of a number of keys. */
    static String load(String table, int keys) {
        return "SELECT " + COLUMNS + " FROM " + table + " WHERE key IN (?" + ", ?".repeat(keys - 1) + ")";
    }

    /** Rows that are live at a given time, in order of their keys. */
    static String live(String table) {
        return "SELECT " + COLUMNS + " FROM " + table + LIVE + " ORDER BY key";
    }

    /** Number of rows that are live at a given time. */
    static String countLive(String table) {
        return "SELECT COUNT(*) FROM " + table + LIVE;
    }

    /** Writes a row unless another writer has changed it since it was loaded. In that case no row is written. */
    static String upsert(String table) {
        return "INSERT INTO " + table + " (" + COLUMNS
                + ", stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                + " partition = excluded.partition, value = excluded.value, version = excluded.version,"
                + " position = excluded.position, deleted = excluded.deleted, expiry = excluded.expiry,"
                + " vector = excluded.vector, stored = excluded.stored"
                + " WHERE " + table + ".version = ? AND " + table + ".deleted = ? AND " + table
                + ".vector IS NOT DISTINCT FROM ?";
    }

    /** The name of the second table: the offsets up to which the partitions of feed and repairs are applied. */
    static String offsetsOf(String table) {
        return table + "_offsets";
    }

    static String loadOffset(String table) {
        return "SELECT next FROM " + offsetsOf(table) + " WHERE topic = ? AND partition = ?";
    }

    static String upsertOffset(String table) {
        return "INSERT INTO " + offsetsOf(table)
                + " (topic, partition, next) VALUES (?, ?, ?) ON CONFLICT (topic, partition) DO"
                + " UPDATE SET next = excluded.next";
    }

    /**
     * Sets the parameters of {@link #upsert}.
     *
     * @param nowMs when the row is stored, by the clock of the replica
     */
    static void bind(PreparedStatement upsert, Batch.Change change, long nowMs) throws SQLException {
        StoredEntry after = change.after();
        upsert.setBytes(1, after.key());
        upsert.setInt(2, after.partition());
        upsert.setBytes(3, after.value());
        upsert.setLong(4, after.version());
        upsert.setLong(5, after.positionMs());
        upsert.setBoolean(6, after.deleted());
        bindOrNull(upsert, 7, after.expiryMs() == StoredEntry.NEVER ? null : after.expiryMs());
        upsert.setString(8, text(after));
        upsert.setLong(9, nowMs);
        bindCondition(upsert, change.before());
    }

    private static void bindCondition(PreparedStatement upsert, StoredEntry before) throws SQLException {
        bindOrNull(upsert, 10, before == null ? null : before.version());
        if (before == null) {
            upsert.setNull(11, Types.BOOLEAN);
        } else {
            upsert.setBoolean(11, before.deleted());
        }
        upsert.setString(12, before == null ? null : text(before));
    }

    private static String text(StoredEntry entry) {
        return entry.vector() == null ? null : entry.vector().toString();
    }

    static StoredEntry read(ResultSet row) throws SQLException {
        long expiryMs = row.getLong(7);
        if (row.wasNull()) {
            expiryMs = StoredEntry.NEVER;
        }
        return new StoredEntry(
                key(row),
                row.getInt(2),
                row.getBytes(3),
                row.getLong(4),
                vector(row.getString(8)),
                row.getLong(5),
                row.getBoolean(6),
                expiryMs);
    }

    /** SQLite orders text before bytes, so a scan that goes on after a key stored as text would leave out rows. */
    private static byte[] key(ResultSet row) throws SQLException {
        if (row.getObject(1) instanceof byte[] key) {
            return key;
        }
        throw new SQLException(
                "the key '" + row.getString(1) + "' is not stored as bytes. Store it as bytes, or delete its row");
    }

    /** A damaged vector counts as the vector that has seen no write, so the next write replaces the entry. */
    private static VersionVector vector(String text) {
        try {
            return text == null ? null : VersionVector.parse(text);
        } catch (IllegalArgumentException e) {
            return VersionVector.EMPTY;
        }
    }

    private static void bindOrNull(PreparedStatement statement, int index, Long number) throws SQLException {
        if (number == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, number);
        }
    }
}
