package io.trueup.demo.fault;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** Changes rows of a replica's database without the replica, as a careless person or a bad disk does. Not thread-safe. */
final class RowTampering implements AutoCloseable {

    private static final String TABLE = "trueup_entries";

    private final Path database;
    private final Connection connection;

    /** Opens an SQLite database. */
    RowTampering(Path database) {
        this.database = database;
        try {
            connection = DriverManager.getConnection("jdbc:sqlite:" + database);
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 30000");
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Replaces the value of a row and nothing else. */
    void change(String key, byte[] value) {
        execute("UPDATE " + TABLE + " SET value = ? WHERE key = ?", value, bytes(key));
    }

    /** Deletes a row. */
    void delete(String key) {
        execute("DELETE FROM " + TABLE + " WHERE key = ?", bytes(key));
    }

    private void execute(String sql, byte[]... parameters) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setBytes(i + 1, parameters[i]);
            }
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("the row to change in " + database + " does not exist");
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private IllegalStateException failure(SQLException e) {
        return new IllegalStateException("cannot change rows in " + database, e);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }
}
