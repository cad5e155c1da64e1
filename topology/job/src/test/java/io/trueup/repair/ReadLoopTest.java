package io.trueup.repair;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RecordCodecs;
import io.trueup.broker.BreakingConsumer;
import io.trueup.broker.BreakingConsumer.Break;
import io.trueup.repair.ReadResult.Outcome;
import io.trueup.schema.HeaderNames;
import io.trueup.source.WriteFormat;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** A value that could not be read is neither gone nor another one. */
class ReadLoopTest {

    private static final String TOPIC = "writes";
    private static final int RECORDS = 5;

    private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

    ReadLoopTest() {
        for (int i = 0; i < RECORDS; i++) {
            Headers headers = new RecordHeaders();
            headers.add(HeaderNames.VERSION, Integer.toString(i).getBytes(UTF_8));
            records.add(new ConsumerRecord<>(
                    TOPIC, 0, i, 1, TimestampType.CREATE_TIME, 1, 1, key(i), value(i), headers, Optional.empty()));
        }
    }

    /** The loop of one way to break. All run at once: those that hear nothing wait for their timeout. */
    private final class Reading {
        final Break how;
        final int read;
        final ReadQueue<Integer> queue;
        final List<ReadResult<Integer>> results = new ArrayList<>();
        final Thread thread;

        Reading(Break how, int read) {
            this.how = how;
            this.read = read;
            Duration timeout = how == Break.SILENCE ? Duration.ofMillis(100) : Duration.ofMinutes(1);
            queue = new ReadQueue<>(new ReadLimits(100, 1 << 20, timeout));
            Queue<Consumer<byte[], byte[]>> consumers = new ArrayDeque<>();
            consumers.add(new BreakingConsumer<>(records, read, how));
            consumers.add(new BreakingConsumer<>(records, read, null));
            for (int i = 0; i < RECORDS; i++) {
                assertThat(queue.offer(new ReadRequest<>(0, i, key(i), i, i), ReadLoop.nowMs()))
                        .isTrue();
            }
            thread = new Thread(new ReadLoop<>(
                    TOPIC,
                    WriteFormat.of("plain", TOPIC, RecordCodecs.embedded()),
                    queue,
                    consumers::remove,
                    Duration.ofMillis(1)));
            thread.start();
        }

        boolean hasEnded() {
            for (ReadResult<Integer> result; (result = queue.poll(0)) != null; ) {
                results.add(result);
            }
            return results.size() == RECORDS || !thread.isAlive();
        }
    }

    @Test
    void shouldFindTheValueOrFailWhereverTheReadingBreaks() {
        List<Reading> readings = new ArrayList<>();
        for (Break how : Break.values()) {
            for (int read = 0; read < RECORDS; read++) {
                readings.add(new Reading(how, read));
            }
        }
        try {
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> readings.stream().allMatch(Reading::hasEnded));
        } finally {
            readings.forEach(reading -> reading.queue.close());
        }
        readings.forEach(ReadLoopTest::assertNothingIsConcluded);
    }

    private static void assertNothingIsConcluded(Reading reading) {
        for (ReadResult<Integer> result : reading.results) {
            int i = result.request().ticket();
            String what = reading.how + " after " + reading.read + " records: " + i;
            if (result.outcome() == Outcome.VALUE) {
                assertThat(result.value()).as(what).isEqualTo(value(i));
            } else if (result.outcome() == Outcome.GONE) {
                assertThat(reading.how).as(what).isEqualTo(Break.OFFSET_OUT_OF_RANGE);
                assertThat(i).as("deleted").isEqualTo(reading.read);
            } else {
                assertThat(result.outcome()).as(what).isEqualTo(Outcome.FAILED);
            }
        }
        if (reading.how != Break.INTERRUPTED) {
            assertThat(reading.results)
                    .as("%s after %d", reading.how, reading.read)
                    .hasSize(RECORDS);
        }
        if (!Set.of(Break.INTERRUPTED, Break.SILENCE, Break.LOG_TRUNCATED).contains(reading.how)) {
            assertThat(reading.results)
                    .as("read again after %s", reading.how)
                    .noneMatch(result -> result.outcome() == Outcome.FAILED);
        }
    }

    private static byte[] key(int i) {
        return ("key " + i).getBytes(UTF_8);
    }

    private static byte[] value(int i) {
        return ("value " + i).getBytes(UTF_8);
    }
}
