package io.trueup.ops.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.key.KeyReader;
import io.trueup.ops.rounds.DatasetRounds;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is answered where nothing can be read; {@code OperationsIT} reads a key of a running job. */
class KeyResourceTest {

    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "orders",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef0123456789abcdef"));
    private final DatasetRounds rounds = new DatasetRounds(config, 2, 0);
    private final KeyResource resource = new KeyResource(() -> Optional.of(rounds), new KeyReader(() -> config));

    private static Query query(String... keyAndPartition) {
        return new Query(
                keyAndPartition.length == 1
                        ? Map.of("key", List.of(keyAndPartition[0]))
                        : Map.of("key", List.of(keyAndPartition[0]), "partition", List.of(keyAndPartition[1])),
                "");
    }

    private static String text(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Test
    void shouldSayThatTheBrokersDoNotAnswer() throws InvalidQueryException {
        Answer answer = resource.get(query("order-7"));

        assertThat(answer.status()).isEqualTo(503);
        assertThat(text(answer)).contains("the brokers do not answer about the topics of the key");
    }

    @Test
    void shouldSayThatTheReportsWereNotReadYet() throws InvalidQueryException {
        Answer answer = new KeyResource(Optional::empty, new KeyReader(() -> config)).get(query("order-7"));

        assertThat(answer.status()).isEqualTo(503);
        assertThat(text(answer)).contains("the round reports were not read yet");
    }

    @Test
    void shouldRefuseAKeyThatIsNoneAndAPartitionThatDoesNotExist() {
        assertThatThrownBy(() -> resource.get(query("hex:0g")))
                .isInstanceOf(InvalidQueryException.class)
                .hasMessageContaining("hexadecimal");
        assertThatThrownBy(() -> resource.get(query("a", "2")))
                .isInstanceOf(InvalidQueryException.class)
                .hasMessage("there is no partition 2; they are numbered from 0 to 1");
        assertThatThrownBy(() -> resource.get(new Query(Map.of(), "")))
                .isInstanceOf(InvalidQueryException.class)
                .hasMessage("key is missing");
    }
}
