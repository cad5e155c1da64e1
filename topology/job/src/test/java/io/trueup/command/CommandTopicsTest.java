package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.broker.BreakingConsumer;
import io.trueup.broker.BreakingConsumer.Break;
import io.trueup.config.TrueupConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A topic that is read to its end by a command is read whole, or the command fails. */
class CommandTopicsTest {

    private static final String TOPIC = "shop.conflicts";
    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "k:1", "dataset", "shop", "replicas", "eu,us", "hash.secret", "0123456789abcdef"));
    private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

    CommandTopicsTest() {
        for (int i = 0; i < 6; i++) {
            records.add(new ConsumerRecord<>(TOPIC, i % 2, i / 2, new byte[] {(byte) i}, new byte[] {1}));
        }
    }

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailWhereverTheReadingBreaks(Break how) {
        for (int read = 0; read < records.size(); read++) {
            List<ConsumerRecord<byte[], byte[]>> seen = new ArrayList<>();
            BreakingConsumer<byte[]> consumer = new BreakingConsumer<>(records, read, how);
            CommandTopics topics = new CommandTopics(config, consumer, patience(how));

            assertThatThrownBy(() -> topics.readAll(TOPIC, seen::add))
                    .as("%s after %d records", how, read)
                    .isInstanceOfAny(
                            how == Break.UNEXPECTED_FAILURE
                                    ? IllegalStateException.class
                                    : CommandFailedException.class)
                    .satisfies(failure -> {
                        if (how == Break.NOT_AUTHORIZED) {
                            assertThat(failure).hasMessageContaining("needs Read on topic " + TOPIC);
                        } else if (how != Break.INTERRUPTED && how != Break.UNEXPECTED_FAILURE) {
                            assertThat(failure)
                                    .hasMessageMatching("(?s).*shop.conflicts-[01] from offset [012] up to 3.*");
                        }
                    });
            assertThat(seen).hasSize(read);
            assertThat(consumer.isBroken()).isTrue();
            clearInterrupt();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadToTheEndWhatBreaksBehindIt(Break how) {
        List<ConsumerRecord<byte[], byte[]>> seen = new ArrayList<>();

        new CommandTopics(config, new BreakingConsumer<>(records, records.size(), how), patience(how))
                .readAll(TOPIC, seen::add);

        assertThat(seen).containsExactlyInAnyOrderElementsOf(records);
    }

    private static Duration patience(Break how) {
        return how == Break.SILENCE ? Duration.ofMillis(20) : Duration.ofMinutes(1);
    }
}
