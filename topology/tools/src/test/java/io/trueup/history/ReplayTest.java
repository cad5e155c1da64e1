package io.trueup.history;

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
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A history is whole, or says that it is not. */
class ReplayTest {

    private static final String TOPIC = "shop.rounds";
    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "k:1", "dataset", "shop", "replicas", "eu,us", "hash.secret", "0123456789abcdef"));
    private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();

    ReplayTest() {
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
    void shouldNotBeWholeWhereverTheReadingBreaks(Break how) {
        for (int read = 0; read < records.size(); read++) {
            String what = how + " after " + read + " records";
            Duration patience = how == Break.SILENCE ? Duration.ofMillis(20) : Duration.ofMinutes(1);
            Replay replay = replay(new BreakingConsumer<>(records, read, how), patience);
            events.clear();
            switch (how) {
                case UNEXPECTED_FAILURE ->
                    assertThatThrownBy(() -> run(replay)).as(what).isInstanceOf(IllegalStateException.class);
                case INTERRUPTED -> run(replay);
                case OFFSET_OUT_OF_RANGE -> {
                    run(replay);
                    assertThat(replay.deletedMeanwhile())
                            .as(what)
                            .singleElement()
                            .asString()
                            .matches("shop.rounds-[01] from offset [012] up to [123]");
                    assertThat(events).as(what).hasSize(records.size() - 1);
                }
                case NOT_AUTHORIZED ->
                    assertThatThrownBy(() -> run(replay))
                            .as(what)
                            .isInstanceOf(ReplayFailedException.class)
                            .hasMessageContainingAll(TOPIC, "ACL");
                case LOG_TRUNCATED ->
                    assertThatThrownBy(() -> run(replay))
                            .as("read again from the beginning, records would count twice")
                            .isInstanceOf(ReplayFailedException.class)
                            .hasMessageContainingAll("shop.rounds-", "has lost records");
                case CONNECTION_LOST, CORRUPT_BATCH, SILENCE ->
                    assertThatThrownBy(() -> run(replay))
                            .as(what)
                            .isInstanceOf(ReplayFailedException.class)
                            .hasMessageContaining("shop.rounds-");
            }
            assertThat(replay.isWhole()).as(what).isFalse();
            clearInterrupt();
            replay.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeWholeWhateverBreaksBehindIt(Break how) {
        Replay replay = replay(new BreakingConsumer<>(records, records.size(), how), Duration.ofMinutes(1));

        run(replay);

        assertThat(replay.isWhole()).isTrue();
        assertThat(events).hasSize(records.size());
    }

    @Test
    void shouldNotBeWholeWhereItIsStopped() {
        Replay replay = replay(new BreakingConsumer<>(records, 0, null), Duration.ofMinutes(1));

        replay.run(TimeRange.ALL, event -> {
            events.add(event);
            replay.stop();
        });

        assertThat(events).hasSizeLessThan(records.size());
        assertThat(replay.isWhole()).isFalse();
    }

    @Test
    void shouldNotTakeAnInterruptForAMissingTopic() {
        BreakingConsumer<byte[]> consumer = new BreakingConsumer<>(records, 0, null) {
            @Override
            public synchronized List<PartitionInfo> partitionsFor(String topic) {
                throw new InterruptException("interrupted");
            }
        };

        assertThatThrownBy(() -> replay(consumer, Duration.ofMinutes(1)))
                .isInstanceOf(ReplayFailedException.class)
                .hasMessageContaining("interrupted");
    }

    private Replay replay(BreakingConsumer<byte[]> consumer, Duration patience) {
        ReplayedTopic topic = new ReplayedTopic(TOPIC, null, (place, record) -> new Event.RepairEmitted(place, null));
        return new Replay(config, List.of(topic), patience, consumer);
    }

    private void run(Replay replay) {
        replay.run(TimeRange.ALL, events::add);
    }
}
