package io.trueup.cli.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.broker.BreakingConsumer;
import io.trueup.broker.BreakingConsumer.Break;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.config.TrueupConfig;
import io.trueup.history.Replay;
import io.trueup.history.ReplayedTopic;
import io.trueup.history.TimeRange;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a command prints and returns where its topics were not read to their ends without a failure. */
class InterruptibleReplayTest {

    private static final String TOPIC = "shop.repairs";

    private final StringWriter err = new StringWriter();

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldSucceedWhereEverythingWasRead() {
        assertThat(exitCode(null)).isEqualTo(ExitCodes.OK);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldMarkAsPartialWhatAnInterruptHasCutOff() {
        assertThat(exitCode(Break.INTERRUPTED)).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).contains("PARTIAL: stopped before");
    }

    @Test
    void shouldMarkAsPartialWhatWasDeletedBeforeItWasRead() {
        assertThat(exitCode(Break.OFFSET_OUT_OF_RANGE)).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).contains("PARTIAL: records were deleted", "shop.repairs-0 from offset 1 up to 2");
    }

    @Test
    void shouldNotSucceedWhereARecordOfTheRangeCannotBeRead() {
        assertThat(exitCode(null, TimeRange.ALL, "bad")).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString())
                .contains("3 records could not be read, so this history is not whole:", TOPIC + "-0@0: bad");
    }

    @Test
    void shouldSucceedWhereOnlyRecordsOutsideOfTheRangeCannotBeRead() {
        assertThat(exitCode(null, new TimeRange(OptionalLong.empty(), OptionalLong.of(-5)), "bad"))
                .isEqualTo(ExitCodes.OK);
        assertThat(err.toString()).isEmpty();
    }

    private int exitCode(Break how) {
        return exitCode(how, TimeRange.ALL, null);
    }

    /** @param malformed what is wrong with each record; null: nothing */
    private int exitCode(Break how, TimeRange range, String malformed) {
        TrueupConfig config = TrueupConfig.of(Map.of(
                "bootstrap.servers", "k:1", "dataset", "shop", "replicas", "eu,us", "hash.secret", "0123456789abcdef"));
        List<ConsumerRecord<byte[], byte[]>> records = List.of(
                new ConsumerRecord<>(TOPIC, 0, 0, new byte[1], new byte[1]),
                new ConsumerRecord<>(TOPIC, 0, 1, new byte[1], new byte[1]),
                new ConsumerRecord<>(TOPIC, 0, 2, new byte[1], new byte[1]));
        ReplayedTopic topic = new ReplayedTopic(TOPIC, null, (place, record) -> {
            if (malformed != null) {
                throw new MalformedRecordException(malformed);
            }
            return null;
        });
        try (Replay replay =
                new Replay(config, List.of(topic), Duration.ofSeconds(5), new BreakingConsumer<>(records, 1, how))) {
            return new InterruptibleReplay(replay)
                    .run(
                            range,
                            false,
                            event -> {},
                            () -> {},
                            () -> InterruptibleReplay.warn(replay, new PrintWriter(err)));
        }
    }
}
