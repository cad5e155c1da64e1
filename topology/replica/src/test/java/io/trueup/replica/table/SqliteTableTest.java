package io.trueup.replica.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteTableTest extends TableContract {

    @TempDir
    private Path directory;

    @Override
    JdbcSettings settings() {
        return JdbcSettings.of("jdbc:sqlite:" + directory.resolve("replica.db"));
    }

    @Test
    void shouldForceEveryCommitToTheDisk() throws SQLException {
        try (Connection connection = Dialect.SQLITE.openWriting(settings());
                Statement statement = connection.createStatement()) {
            assertThat(pragma(statement, "synchronous")).isEqualTo("2");
            assertThat(pragma(statement, "journal_mode")).isEqualTo("wal");
        }
    }

    @Test
    void shouldNotCreateAFileToReadFrom() {
        Path missing = directory.resolve("missing.db");

        assertThatThrownBy(() -> Datastore.open("jdbc:sqlite:" + missing))
                .isInstanceOf(DatastoreException.class)
                .hasMessageContaining("missing.db");
        assertThat(missing).doesNotExist();
    }

    @Test
    void shouldRefuseToKeepDataInMemory() {
        assertThatThrownBy(() -> JdbcSettings.of("jdbc:sqlite::memory:")).hasMessageContaining("in-memory");
        assertThatThrownBy(() -> JdbcSettings.of("jdbc:sqlite:")).hasMessageContaining("in-memory");
    }

    private static String pragma(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            row.next();
            return row.getString(1);
        }
    }
}
