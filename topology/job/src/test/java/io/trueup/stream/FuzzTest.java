package io.trueup.stream;

import static io.trueup.stream.SimulatedReplica.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Outcome;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged records on every topic that a reconciler reads: valid ones of every kind, of which bytes were changed, cut off, repeated
 * or put in. {@code -Dfuzz.records} is their number, {@code -Dfuzz.seed} the seed.
 */
class FuzzTest {

    private static final int RECORDS = Integer.getInteger("fuzz.records", 40_000);
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final int KEYS = 100;
    private static final int MAX_RECORD_BYTES = 1 << 20;
    /** Keys that nothing damaged is about. */
    private static final int SOUND = 20;
    /** As much as messages of one round of these keys take up, and one that is as large as a broker takes. */
    private static final long MEMORY_BYTES = 64 << 10;

    private static final int FORGED_PER_TICK = 50;
    /** As much as the symbols of one peer take up in a round at most, and what else a replica holds. */
    private static final long MAX_SKETCH_BYTES = 64L << 20;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "cities",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "observations.topic", "cities.observations",
            "repair.flood.min.keys", "1000",
            "round.interval", "2s",
            "grace", "500ms"));

    private final List<SimulatedReplica> replicas = new ArrayList<>();
    private long nowMs = START.toEpochMilli();
    /** What the process of both replicas may hold. */
    private final RoundMemory memory = new RoundMemory(MEMORY_BYTES, MEMORY_BYTES);

    private long mostHeld;

    @AfterEach
    void close() {
        replicas.forEach(SimulatedReplica::close);
        assertThat(mostHeld).as("bytes held by rounds").isLessThan(3 * MEMORY_BYTES);
        assertThat(memory.waitingBytes()).isZero();
    }

    @Test
    void shouldTakeInEverythingElseWhateverWriteEventsRepairsAndObservationsContain() {
        SimulatedReplica eu = open("eu");
        SimulatedReplica us = open("us");
        for (int i = 0; i < SOUND; i++) {
            eu.write("sound" + i, 1, nowMs - 60_000, "value");
            us.write("sound" + i, 1, nowMs - 60_000, "value");
        }
        Set<String> repaired = new TreeSet<>();
        List<byte[]> valid = writeEvents();
        byte[] repair = SingleObjectCodec.of(RepairEvent.class).encode("r", repair());

        for (int i = 0; i < RECORDS; i++) {
            TestRecord<byte[], byte[]> damaged = damaged(new TestRecord<>(bytes("k" + i % KEYS), pick(valid)));
            switch (random.nextInt(10)) {
                case 0 -> eu.seeRepair(damaged(new TestRecord<>(bytes("k"), repair)));
                case 1 -> eu.observe(damaged);
                default -> eu.write(damaged);
            }
            if (i % 50 == 0) {
                pass(TICK, eu, us);
                eu.control().forEach(us::hear);
                us.control().forEach(eu::hear);
                eu.repairsOf("us").forEach(one -> repaired.add(new String(one.key(), StandardCharsets.UTF_8)));
                us.repairsOf("eu").forEach(one -> repaired.add(new String(one.key(), StandardCharsets.UTF_8)));
            }
        }
        assertThat(eu.reports())
                .as("rounds that have compared")
                .anyMatch(report -> report.getHeard().contains("us") && report.getOutcome() != Outcome.SKIPPED);
        assertThat(repaired).filteredOn(key -> key.startsWith("sound")).isEmpty();
        eu.write("good", Long.MAX_VALUE, nowMs, "value");

        assertThat(eu.deadLetters())
                .hasSizeGreaterThan(RECORDS / 4)
                .allSatisfy(letter -> assertThat(letter.headers().lastHeader(HeaderNames.DEAD_LETTER_REASON))
                        .isNotNull());
        long[] good = {0};
        eu.entries()
                .scan(
                        new Hash128(0, 0),
                        new Hash128(-1, -1),
                        (keyHash, entry) -> good[0] += Arrays.equals(entry.key(), bytes("good")) ? 1 : 0);
        assertThat(good[0]).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "sketch"})
    void shouldRepairNothingButWhatWasLostWhateverControlMessagesContain(String exchange) {
        settings.put("exchange", exchange);
        SimulatedReplica eu = open("eu");
        SimulatedReplica us = open("us");
        for (int i = 0; i < KEYS; i++) {
            eu.write("k" + i, 1, nowMs - 60_000, "value");
            us.write("k" + i, 1, nowMs - 60_000, "value");
        }
        eu.write("lost", 1, nowMs - 60_000, "value");

        Set<String> repaired = new TreeSet<>();
        List<TestRecord<byte[], byte[]>> seen = new ArrayList<>();
        for (int sent = 0; sent < RECORDS; ) {
            pass(TICK, eu, us);
            List<TestRecord<byte[], byte[]>> fromUs = us.control();
            List<TestRecord<byte[], byte[]>> fromEu = eu.control();
            fromEu.forEach(us::hear);
            for (TestRecord<byte[], byte[]> message : fromUs) {
                eu.hear(message);
                seen.add(message);
            }
            for (int i = 0; i < 50 && !seen.isEmpty(); i++, sent++) {
                eu.hear(damaged(pick(seen.subList(Math.max(0, seen.size() - 20), seen.size()))));
            }
            eu.repairsOf("us").forEach(repair -> repaired.add(new String(repair.key(), StandardCharsets.UTF_8)));
            assertThat(eu.repairsOf("eu")).isEmpty();
        }

        assertThat(repaired).containsExactly("lost");
        us.write("lost", 1, nowMs - 60_000, "value");
        for (int i = 0; i < 4 * 40; i++) {
            pass(TICK, eu, us);
            eu.control().forEach(us::hear);
            us.control().forEach(eu::hear);
        }
        List<RoundReport> reports = eu.reports();
        assertThat(reports.get(reports.size() - 1).getOutcome()).isEqualTo(Outcome.EQUAL);
    }

    /** As a peer with an error would send them. What they claim may be repaired; nothing may stop. */
    @ParameterizedTest
    @ValueSource(strings = {"tree", "sketch"})
    void shouldGoOnWhateverAuthenticControlMessagesContain(String exchange) {
        settings.put("exchange", exchange);
        SimulatedReplica eu = open("eu");
        SimulatedReplica us = open("us");
        for (int i = 0; i < KEYS; i++) {
            eu.write("k" + i, 1, nowMs - 60_000, "value");
        }
        us.write("k0", 1, nowMs - 60_000, "value");
        List<TestRecord<byte[], byte[]>> seen = new ArrayList<>();
        for (int sent = 0; sent < RECORDS; ) {
            pass(TICK, eu, us);
            List<TestRecord<byte[], byte[]>> fromUs = us.control();
            eu.control().forEach(us::hear);
            fromUs.forEach(eu::hear);
            seen.addAll(fromUs);
            for (int i = 0; i < 50 && !seen.isEmpty(); i++, sent++) {
                TestRecord<byte[], byte[]> message = pick(seen.subList(Math.max(0, seen.size() - 20), seen.size()));
                eu.hear(message.key(), damaged(message.value()));
            }
        }

        assertThat(eu.deadLetters()).isNotEmpty();
        assertThat(eu.reports())
                .last()
                .satisfies(report -> assertThat(report.getHeard()).containsExactly("us"));
    }

    /** A peer that sends its root, and nothing else that is true. Sketches only hint at keys, and segments are never whole: nothing is repaired. */
    @Test
    void shouldStayWithinItsMemoryWhateverAuthenticSketchesAndChunksClaim() throws MalformedRecordException {
        settings.put("exchange", "sketch");
        SimulatedReplica eu = open("eu");
        SimulatedReplica us = open("us");
        for (int i = 0; i < KEYS; i++) {
            eu.write("k" + i, 1, nowMs - 60_000, "value");
            us.write("k" + i, 1, nowMs - 60_000, "value");
        }
        eu.write("lost", 1, nowMs - 60_000, "value");
        ForgedMessages forged = new ForgedMessages(random, eu.context().config(), 1 << segmentBits(eu));
        long before = usedHeap();
        long most = 0;
        long sentBytes = 0;
        int letters = 0;
        for (int tick = 0; tick < RECORDS / FORGED_PER_TICK / 8; tick++) {
            pass(TICK, eu, us);
            eu.control().forEach(us::hear);
            for (TestRecord<byte[], byte[]> message : us.control()) {
                if (forged.learn(message)) {
                    eu.hear(message);
                }
            }
            for (int i = 0; i < FORGED_PER_TICK && forged.hasLearnt(); i++) {
                byte[] value = forged.next();
                sentBytes += value.length;
                eu.hear(forged.key(), value);
            }
            letters += eu.deadLetters().size();
            assertThat(eu.repairsOf("us")).isEmpty();
            assertThat(eu.repairsOf("eu")).isEmpty();
            if (tick % 10 == 9) {
                most = Math.max(most, usedHeap() - before);
            }
        }

        assertThat(letters).as("messages that cannot be true").isPositive();
        assertThat(sentBytes).isGreaterThan(4 * MAX_SKETCH_BYTES);
        assertThat(most).as("bytes held of " + sentBytes).isLessThan(MAX_SKETCH_BYTES);
        for (int i = 0; i < 3 * 40; i++) {
            pass(TICK, eu, us);
            eu.control().forEach(us::hear);
            us.control().forEach(eu::hear);
        }
        assertThat(eu.repairsOf("us")).extracting(TestRecord::key).containsOnly(bytes("lost"));
    }

    private static int segmentBits(SimulatedReplica replica) {
        return replica.context().settings().shape().segmentBits();
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static List<byte[]> writeEvents() {
        List<byte[]> events = new ArrayList<>();
        SingleObjectCodec<WriteEvent> writes = SingleObjectCodec.of(WriteEvent.class);
        events.add(writes.encode("w", SimulatedReplica.event(1, START.toEpochMilli(), "value")));
        events.add(writes.encode("w", SimulatedReplica.event(2, START.toEpochMilli(), null)));
        WriteEvent vector = SimulatedReplica.event(0, START.toEpochMilli(), "value");
        vector.setVector(Map.of("eu", 1L, "us", 2L));
        vector.setExpiry(START.toEpochMilli() + 60_000);
        vector.setRepairId("id");
        events.add(writes.encode("w", vector));
        events.add(SingleObjectCodec.of(ProgressEvent.class).encode("w", new ProgressEvent(START.toEpochMilli())));
        events.add(SingleObjectCodec.of(ScanMarker.class)
                .encode("w", new ScanMarker("scan", ScanMarkerKind.START, -1L, 0L)));
        events.add(
                SingleObjectCodec.of(ScanMarker.class).encode("w", new ScanMarker("scan", ScanMarkerKind.END, 3L, 1L)));
        events.add(SingleObjectCodec.of(ScanEvent.class)
                .encode(
                        "w",
                        ScanEvent.newBuilder()
                                .setScan("scan")
                                .setSince(3)
                                .setVersion(1)
                                .setPosition(START.toEpochMilli())
                                .setValue(ByteBuffer.wrap(bytes("value")))
                                .build()));
        return events;
    }

    private static RepairEvent repair() {
        return RepairEvent.newBuilder()
                .setId("id")
                .setDataset("cities")
                .setPartition(0)
                .setTarget("eu")
                .setSupplier("us")
                .setCut(START.toEpochMilli())
                .setReason(Divergence.MISSING)
                .setVersion(7)
                .setPosition(START.toEpochMilli())
                .setValue(ByteBuffer.wrap(bytes("value")))
                .setCondition(Condition.UNLESS_NEWER)
                .setValidUntil(START.toEpochMilli() + 3_600_000)
                .build();
    }

    private TestRecord<byte[], byte[]> damaged(TestRecord<byte[], byte[]> record) {
        byte[] key = random.nextInt(10) == 0 ? damaged(record.key()) : record.key();
        byte[] value = damaged(record.value());
        return new TestRecord<>(key, value, new RecordHeaders(record.headers()), nowMs);
    }

    private byte[] damaged(byte[] bytes) {
        if (random.nextInt(4_000) == 0) {
            return Arrays.copyOf(bytes == null ? new byte[0] : bytes, random.nextInt(MAX_RECORD_BYTES));
        }
        if (bytes == null || random.nextInt(50) == 0) {
            return random.nextBoolean() ? null : new byte[random.nextInt(40)];
        }
        byte[] damaged = bytes.clone();
        switch (random.nextInt(5)) {
            case 0 -> {
                return Arrays.copyOf(damaged, random.nextInt(damaged.length + 1));
            }
            case 1 -> {
                return Arrays.copyOf(damaged, damaged.length + random.nextInt(30));
            }
            case 2 -> {
                // a number of variable length, with which a length or a count may become huge
                int at = random.nextInt(damaged.length + 1);
                for (int i = at; i < Math.min(damaged.length, at + 9); i++) {
                    damaged[i] = (byte) 0xff;
                }
            }
            default -> {
                for (int flips = 1 + random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return damaged;
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private void pass(Duration time, SimulatedReplica... passing) {
        nowMs += time.toMillis();
        for (SimulatedReplica replica : passing) {
            replica.pass(time);
        }
        mostHeld = Math.max(mostHeld, memory.heldBytes());
        assertThat(memory.waitingBytes()).isLessThan(MEMORY_BYTES + 1_024);
    }

    private SimulatedReplica open(String name) {
        Map<String, String> own = new HashMap<>(settings);
        own.put("state.dir", directory.resolve(name).toString());
        SimulatedReplica replica = new SimulatedReplica(TrueupConfig.of(own), name, START, memory);
        replicas.add(replica);
        return replica;
    }
}
