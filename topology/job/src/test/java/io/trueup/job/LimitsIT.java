package io.trueup.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.reconcile.exchange.Message;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.WriteEvent;
import io.trueup.source.WriteFormat;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What has a limit in bytes, at the limit and beyond it, on a real broker: at the limit it is compared and repaired, beyond it is a dead letter
 * that says what, and all other keys go on.
 */
class LimitsIT {

    private static final int LOST = 20;

    @TempDir
    Path directory;

    private final long positionMs = System.currentTimeMillis() - 30_000;

    @ParameterizedTest
    @ValueSource(strings = {"exactly_once_v2", "at_least_once"})
    void shouldRepairKeysAndValuesUpToTheirLimits(String guarantee) {
        try (JobFixture fixture = fixture()) {
            fixture.settings.put("streams.processing.guarantee", guarantee);
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            int largest = fixture.config().repairValueMaxBytes();
            String longest = "k".repeat(WriteFormat.MAX_KEY_BYTES);
            String tooLong = longest + "k";
            eu.store(longest, row("value"));
            eu.store("large", row("x".repeat(largest)));
            eu.store("larger", row("x".repeat(largest + 1)));
            eu.store(tooLong, row("value"));
            fixture.send(fixture.producer, withLargeHeader(fixture.writesTopic("eu")));
            lose(eu, null);
            Job job = fixture.start();

            awaitAll(() ->
                    us.row(longest) != null && us.row("large") != null && us.row("headed") != null && hasNoLosses(us));
            assertThat(us.row("large").value()).hasSize(largest);
            await().atMost(JobFixture.PATIENCE)
                    .until(() -> fixture.repairs("us").stream()
                            .anyMatch(sent -> sent.key().equals("larger")));
            assertThat(fixture.repairs("us"))
                    .filteredOn(sent -> sent.key().equals("larger"))
                    .allSatisfy(sent -> {
                        assertThat(sent.event().getValue()).isNull();
                        assertThat(sent.event().getReference().getReplica()).isEqualTo("eu");
                    });
            awaitDeadLetters(fixture, 1);
            assertThat(reasons(fixture))
                    .allSatisfy(reason -> assertThat(reason)
                            .contains(Integer.toString(WriteFormat.MAX_KEY_BYTES + 1))
                            .contains(Integer.toString(WriteFormat.MAX_KEY_BYTES)));
            assertThat(fixture.repairs("us")).noneMatch(sent -> sent.key().equals(tooLong));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(job.status().failure()).isEmpty();
        }
    }

    /** A partition has two segments, of which each has entries for far more than one message. */
    @Test
    void shouldCompareASegmentOfManyMessagesAndVectorsUpToTheirLimit() {
        try (JobFixture fixture = fixture()) {
            fixture.settings.put("resolution", "vector");
            fixture.settings.put("tree.segments", "2");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            Map<String, Long> large = vector(100);
            for (int key = 0; key < 3_000; key++) {
                eu.store("same-" + key, row(large, "value"));
                us.store("same-" + key, row(large, "value"));
            }
            Map<String, Long> largest = largestVector();
            Map<String, Long> tooLarge = new TreeMap<>(largest);
            tooLarge.put("one more", 1L);
            eu.store("largest", row(largest, "value"));
            eu.store("too large", row(tooLarge, "value"));
            lose(eu, large);
            Job job = fixture.start();

            awaitAll(() -> us.row("largest") != null && hasNoLosses(us));
            assertThat(us.row("largest").vector()).isEqualTo(largest);
            awaitDeadLetters(fixture, 1);
            assertThat(reasons(fixture))
                    .allSatisfy(reason -> assertThat(reason)
                            .contains("vector")
                            .contains(Integer.toString(WriteFormat.MAX_VECTOR_BYTES)));
            List<Message.Segment> segments = fixture.control().stream()
                    .map(Message::body)
                    .filter(Message.Segment.class::isInstance)
                    .map(Message.Segment.class::cast)
                    .toList();
            assertThat(segments)
                    .anySatisfy(segment -> assertThat(segment.chunks()).isGreaterThan(1));
            assertThat(fixture.broker.readAll(fixture.dataset + ".control"))
                    .allSatisfy(
                            record -> assertThat(record.serializedValueSize()).isLessThan(Message.MAX_BYTES));
            assertThat(fixture.repairs("us")).noneMatch(sent -> sent.key().startsWith("same-"));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(job.status().failure()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exactly_once_v2", "at_least_once"})
    void shouldListManyConflictsOfLongKeysAndRepairTheRest(String guarantee) {
        int conflicts = 1_500;
        String end = "k".repeat(1_000);
        try (JobFixture fixture = fixture()) {
            fixture.settings.put("streams.processing.guarantee", guarantee);
            fixture.settings.put("resolution", "vector");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            for (int key = 0; key < conflicts; key++) {
                eu.store("conflict-" + key + end, row(Map.of("eu", 1L), "of eu"));
                us.store("conflict-" + key + end, row(Map.of("us", 1L), "of us"));
            }
            lose(eu, Map.of("eu", 1L));
            Job job = fixture.start();

            awaitAll(() -> hasNoLosses(us));
            awaitAll(() -> fixture.broker.readAll(fixture.dataset + ".conflicts").stream()
                            .map(record -> new String(record.key(), UTF_8))
                            .distinct()
                            .count()
                    >= conflicts);
            assertThat(fixture.repairs()).allMatch(sent -> sent.key().startsWith("lost-"));
            assertThat(fixture.deadLetters()).isEmpty();
            assertThat(job.status().failure()).isEmpty();
        }
    }

    private JobFixture fixture() {
        JobFixture fixture = new JobFixture(directory.resolve("state"), "eu", "us").quick();
        fixture.settings.put("repair.max.fraction", "1");
        return fixture;
    }

    /** What a client adds to its records is none of the job's business, but it is read. */
    private ProducerRecord<byte[], byte[]> withLargeHeader(String topic) {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(1)
                .setPosition(positionMs)
                .setDeleted(false)
                .setValue(ByteBuffer.wrap(JobFixture.bytes("value")))
                .build();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic,
                JobFixture.bytes("headed"),
                SingleObjectCodec.of(WriteEvent.class).encode(topic, event));
        record.headers().add("trace", new byte[500_000]);
        return record;
    }

    private Row row(String value) {
        return Row.live(1, positionMs, value);
    }

    private Row row(Map<String, Long> vector, String value) {
        return new Row(VersionVector.of(vector).total(), vector, positionMs, value, null);
    }

    private void lose(InMemoryDatastore holder, Map<String, Long> vector) {
        for (int key = 0; key < LOST; key++) {
            holder.store("lost-" + key, vector == null ? row("value") : row(vector, "value"));
        }
        holder.flush();
    }

    private static boolean hasNoLosses(InMemoryDatastore target) {
        for (int key = 0; key < LOST; key++) {
            if (target.row("lost-" + key) == null) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, Long> vector(int writers) {
        Map<String, Long> vector = new TreeMap<>();
        for (int writer = 0; writer < writers; writer++) {
            vector.put("writer-" + writer, 1L);
        }
        return vector;
    }

    /** With one writer more it is larger than a vector may be. */
    private static Map<String, Long> largestVector() {
        Map<String, Long> vector = vector(1);
        for (int writers = 2; VersionVector.of(vector).maxBytes() + 28 <= WriteFormat.MAX_VECTOR_BYTES; writers++) {
            vector = vector(writers);
        }
        return vector;
    }

    private static void awaitAll(BooleanSupplier condition) {
        await().atMost(JobFixture.PATIENCE).pollInterval(Duration.ofMillis(500)).until(condition::getAsBoolean);
    }

    private static void awaitDeadLetters(JobFixture fixture, int letters) {
        awaitAll(() -> fixture.deadLetters().size() >= letters);
        assertThat(fixture.deadLetters()).hasSize(letters);
        assertThat(fixture.deadLetters())
                .extracting(letter -> header(letter, HeaderNames.DEAD_LETTER_TOPIC))
                .containsOnly(fixture.writesTopic("eu"));
    }

    private static List<String> reasons(JobFixture fixture) {
        return fixture.deadLetters().stream()
                .map(letter -> header(letter, HeaderNames.DEAD_LETTER_REASON))
                .collect(Collectors.toList());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }
}
