package io.trueup.replica.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.StoredEntry;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresqlTableIT extends TableContract {

    private static final AtomicInteger TABLES = new AtomicInteger();
    private static EmbeddedPostgres server;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Override
    JdbcSettings settings() {
        return new JdbcSettings(url(), "postgres", null, "entries_" + TABLES.incrementAndGet());
    }

    @Test
    void shouldStoreKeysOfTheMaximumLength() {
        byte[] key = new byte[Dialect.POSTGRESQL.maxKeyBytes()];
        new java.util.Random(1).nextBytes(key);

        try (Table table = Table.open(settings())) {
            table.apply(
                    List.of(new FeedRecord("feed", 0, 0, key, key, 1, 1, StoredEntry.NEVER)), List.of(), Map.of(), 0);
            assertThat(table.read(List.of(key))).hasSize(1);
        }
    }

    @Test
    void shouldNotShowThePasswordWhenTheServerCannotBeReached() {
        JdbcSettings wrong = new JdbcSettings(
                "jdbc:postgresql://me:hidden1@127.0.0.1:1/db?password=hidden2", "me", "hidden3", "entries");

        assertThatThrownBy(() -> Table.open(wrong))
                .isInstanceOf(DatastoreException.class)
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageNotContaining("hidden");
        assertThat(wrong.toString()).doesNotContain("hidden");
    }

    private static String url() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
    }
}
