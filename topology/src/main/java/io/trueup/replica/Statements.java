package io.trueup.replica;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;

/** The SQL, the same for all databases, and the order of its columns. */
final class Statements {

    private static final String COLUMNS = "key, partition, value, version, position, deleted, expiry";
    private static final String LIVE = " WHERE NOT deleted AND (expiry IS NULL OR expiry > ?)";

    private Statements() {}

    /** Rows of so many keys. */
    static String load(String table, int keys) {
        return "SELECT " + COLUMNS + " FROM " + table + " WHERE key IN (?" + ", ?".repeat(keys - 1) + ")";
    }

    /** Live rows at a time, in order of key. */
    static String live(String table) {
        return "SELECT " + COLUMNS + " FROM " + table + LIVE + " ORDER BY key";
    }

    /** Number of live rows at a time. */
    static String countLive(String table) {
        return "SELECT COUNT(*) FROM " + table + LIVE;
    }

    /** Writes a row unless somebody else has changed it since it was loaded: then no row is written. */
    static String upsert(String table) {
        return "INSERT INTO " + table + " (" + COLUMNS
                + ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                + " partition = excluded.partition, value = excluded.value, version = excluded.version,"
                + " position = excluded.position, deleted = excluded.deleted, expiry = excluded.expiry"
                + " WHERE " + table + ".version = ? AND " + table + ".deleted = ?";
    }

    /** The table beside: up to which offset the partitions of feed and repairs are applied. */
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

    static void bind(PreparedStatement upsert, Batch.Change change) throws SQLException {
        StoredEntry after = change.after();
        upsert.setBytes(1, after.key());
        upsert.setInt(2, after.partition());
        upsert.setBytes(3, after.value());
        upsert.setLong(4, after.version());
        upsert.setLong(5, after.positionMs());
        upsert.setBoolean(6, after.deleted());
        bindOrNull(upsert, 7, after.expiryMs() == StoredEntry.NEVER ? null : after.expiryMs());
        bindOrNull(upsert, 8, change.before() == null ? null : change.before().version());
        if (change.before() == null) {
            upsert.setNull(9, Types.BOOLEAN);
        } else {
            upsert.setBoolean(9, change.before().deleted());
        }
    }

    static StoredEntry read(ResultSet row) throws SQLException {
        long expiryMs = row.getLong(7);
        if (row.wasNull()) {
            expiryMs = StoredEntry.NEVER;
        }
        return new StoredEntry(
                row.getBytes(1),
                row.getInt(2),
                row.getBytes(3),
                row.getLong(4),
                row.getLong(5),
                row.getBoolean(6),
                expiryMs);
    }

    private static void bindOrNull(PreparedStatement statement, int index, Long number) throws SQLException {
        if (number == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, number);
        }
    }
}
