package io.trueup.replica;

import static io.trueup.replica.ReplicaFixture.TIMEOUT;
import static io.trueup.replica.ReplicaFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RecordCodecs;
import io.trueup.broker.ChildJvm;
import io.trueup.broker.TestBroker;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.WriteEvents;
import io.trueup.replica.table.Table;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that are killed, or are taken for dead, while writes arrive. */
class ReplicaCrashIT {

    private static final int KEYS = 2_000;
    private static final int WRITES_AT_ONCE = 50;

    @TempDir
    private Path directory;

    private ReplicaFixture fixture;
    private final Map<String, String> expected = new HashMap<>();

    @BeforeEach
    void build() {
        fixture = new ReplicaFixture(directory);
        fixture.with("batch.records.max", "500");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldLoseNoWriteWhenItsProcessIsKilledRepeatedly() throws Exception {
        fixture.with("kafka.group.instance.id", "the-only-one");
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int kills = 4;
        AtomicBoolean loading = new AtomicBoolean(true);
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> loadWhile(loading, seed));
        for (int kill = 0; kill < kills; kill++) {
            long target = eventsSent() + 1 + random.nextInt(4_000);
            Process replica = startProcess(kill);
            try {
                await().atMost(TIMEOUT).until(() -> eventsSent() >= target);
            } finally {
                replica.destroyForcibly().waitFor();
            }
        }
        loading.set(false);
        load.get(60, TimeUnit.SECONDS);

        Process replica = startProcess(kills);
        try {
            await().atMost(TIMEOUT).until(fixture::isCaughtUp);
        } finally {
            replica.destroy();
            assertThat(replica.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(replica.exitValue()).as("after SIGTERM").isZero();
        assertThat(fixture.table()).isEqualTo(expected);
        assertThat(fixture.lastReported()).isEqualTo(expected);
    }

    @Test
    void shouldLoseNoWriteWhenInstancesStartAndStop() throws Exception {
        AtomicBoolean loading = new AtomicBoolean(true);
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> loadWhile(loading, 7));
        Replica first = fixture.start();
        await().atMost(TIMEOUT).until(() -> eventsSent() > 1_000);
        Replica second = fixture.start();
        await().atMost(TIMEOUT).until(() -> second.status().applied() > 0);
        first.close();
        try (Replica third = fixture.start()) {
            await().atMost(TIMEOUT).until(() -> third.status().applied() > 0);
            second.stop();
            loading.set(false);
            load.get(60, TimeUnit.SECONDS);
            fixture.awaitCaughtUp(third);
        }

        assertThat(fixture.table()).isEqualTo(expected);
        assertThat(fixture.lastReported()).isEqualTo(expected);
    }

    @Test
    void shouldSendChangedEntriesAgainWhenItWasTakenForDeadBetweenCommitAndWriteEvents() throws Exception {
        fixture.with("kafka.max.poll.interval.ms", "1000");
        fixture.feed("k", "v", 1);
        CountDownLatch committed = new CountDownLatch(1);
        CountDownLatch overtaken = new CountDownLatch(1);
        Thread late = new Thread(() -> runUntilSent(committed, overtaken));
        late.start();
        assertThat(committed.await(60, TimeUnit.SECONDS)).isTrue();

        fixture.with("kafka.max.poll.interval.ms", "300000");
        try (Replica successor = fixture.start()) {
            fixture.feed("k", "w", 2);
            fixture.awaitCaughtUp(successor);
            assertThat(fixture.lastReported()).isEqualTo(Map.of("k", "w@2"));
            overtaken.countDown();
            late.join(60_000);
            assertThat(late.isAlive()).isFalse();
        }

        assertThat(fixture.writeEvents())
                .extracting(event -> event.write().version())
                .containsExactly(1L, 2L, 1L, 2L);
        assertThat(fixture.table()).isEqualTo(Map.of("k", "w@2"));
    }

    /** Runs a worker that waits before its first write event, and ends after the cycle that sent this event. */
    private void runUntilSent(CountDownLatch committed, CountDownLatch overtaken) {
        ReplicaConfig config = fixture.config();
        WriteEvents events = Worker.writeEvents(config, RecordCodecs.embedded());
        AtomicBoolean sent = new AtomicBoolean();
        WriteEvents waiting = new WriteEvents() {

            @Override
            public ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId) {
                committed.countDown();
                try {
                    overtaken.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                sent.set(true);
                return events.write(entry, repairId);
            }

            @Override
            public ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
                return events.progress(partition, positionMs);
            }
        };
        Worker worker = new Worker(
                config, Table.open(config.jdbc()), Intake.FAITHFUL, new Counters(), RecordCodecs.embedded(), waiting);
        while (!sent.get()) {
            worker.cycle();
        }
        worker.abandon();
    }

    private long eventsSent() {
        return fixture.ends(fixture.writes).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Writes random keys at a moderate rate, and keeps the expected entry of each key. */
    private void loadWhile(AtomicBoolean loading, long seed) {
        Random random = new Random(seed);
        try (KafkaProducer<byte[], byte[]> producer = TestBroker.shared().producer()) {
            while (loading.get()) {
                writeSome(producer, random);
            }
        }
    }

    private void writeSome(KafkaProducer<byte[], byte[]> producer, Random random) {
        Map<String, String> writes = new HashMap<>();
        for (int i = 0; i < WRITES_AT_ONCE; i++) {
            writes.put("k" + random.nextInt(KEYS), random.nextInt(10) == 0 ? null : "v" + random.nextInt());
        }
        Map<String, Future<RecordMetadata>> sent = new HashMap<>();
        writes.forEach((key, value) -> sent.put(key, producer.send(record(key, value))));
        sent.forEach((key, future) -> keepExpected(key, writes.get(key), future));
    }

    private ProducerRecord<byte[], byte[]> record(String key, String value) {
        byte[] bytes = value == null ? null : bytes(value);
        return new ProducerRecord<>(fixture.feed, ReplicaFixture.partition(key), bytes(key), bytes);
    }

    private void keepExpected(String key, String value, Future<RecordMetadata> sent) {
        try {
            long version = sent.get().offset();
            if (value == null) {
                expected.remove(key);
            } else {
                expected.put(key, value + "@" + version);
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Process startProcess(int number) throws IOException {
        Path file = directory.resolve("replica.properties");
        Properties properties = new Properties();
        properties.putAll(fixture.settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        return new ProcessBuilder(ChildJvm.command("io.trueup.cli.Main", "replica", "-c", file.toString()))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("replica-" + number + ".log").toFile())
                .start();
    }
}
