package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.KeyedHash;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that a scan has not found are dropped only if the job has read the whole scan. */
class ScanInputTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final List<String> HELD = List.of("a", "b", "c", "lost");
    private static final List<String> FOUND = List.of("a", "b", "c");
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<ScanEvent> ROWS = SingleObjectCodec.of(ScanEvent.class);
    private static final SingleObjectCodec<ScanMarker> MARKERS = SingleObjectCodec.of(ScanMarker.class);

    @TempDir
    private Path directory;

    private SimulatedReplica eu;

    private long offset;

    @BeforeEach
    void open() {
        eu = new SimulatedReplica(
                TrueupConfig.of(Map.of(
                        "bootstrap.servers", "localhost:1",
                        "dataset", "cities",
                        "replicas", "eu,us",
                        "hash.secret", "0123456789abcdef0123456789abcdef",
                        "state.dir", directory.toString())),
                "eu",
                START,
                Duration.ZERO);
    }

    @AfterEach
    void close() {
        eu.close();
    }

    /** A record of the writes topic. */
    private record Sent(byte[] key, byte[] value) {}

    @Test
    void shouldDropNothingUnlessTheScanIsWhole() {
        for (int record = 0; record < FOUND.size() + 2; record++) {
            int i = record;
            assertThat(heldAfter(scan -> scan.remove(i)))
                    .as("record %d is missing", i)
                    .isEqualTo(HELD);
            assertThat(heldAfter(scan -> scan.set(i, scan("other", offset).get(i))))
                    .as("record %d is of another scan", i)
                    .isEqualTo(HELD);
            assertThat(heldAfter(scan -> scan.set(i, new Sent(scan.get(i).key(), new byte[] {1, 2, 3}))))
                    .as("record %d is malformed", i)
                    .isEqualTo(HELD);
            if (i > 0) {
                assertThat(heldAfter(scan -> scan.add(i, scan.get(0))))
                        .as("the start is repeated before record %d", i)
                        .isEqualTo(HELD);
                assertThat(heldAfter(scan -> scan.add(i, scan.get(i))))
                        .as("record %d is repeated", i)
                        .isEqualTo(FOUND);
            }
        }
        assertThat(heldAfter(scan -> {})).as("a whole scan").isEqualTo(FOUND);
    }

    @Test
    void shouldTakeARowOfWhichOnlyScanAndKeyCanBeReadForARow() {
        assertThat(heldAfter(scan -> scan.set(1, row("scan", offset, "a", null))))
                .as("it was found, so the scan is whole")
                .isEqualTo(FOUND);
        assertThat(entry("a").isUnread()).isTrue();

        assertThat(heldAfter(scan -> {
                    scan.add(
                            1,
                            new Sent(
                                    bytes("b"),
                                    WRITES.encode("w", SimulatedReplica.event(2, START.toEpochMilli(), "new"))));
                    scan.set(3, row("scan", offset, "b", null));
                }))
                .isEqualTo(FOUND);
        assertThat(entry("b").version())
                .as("a write since the scan began is newer")
                .isEqualTo(2);
    }

    private Entry entry(String key) {
        return eu.entries().get(new KeyedHash(eu.context().settings().secret()).key(bytes(key)));
    }

    /** The keys that are held after all were written, and the records of a scan followed that something has happened to. */
    private List<String> heldAfter(Consumer<List<Sent>> fault) {
        HELD.forEach(key -> {
            eu.write(key, 1, START.toEpochMilli() - 1_000, "value");
            offset++;
        });
        List<Sent> records = scan("scan", offset);
        fault.accept(records);
        for (Sent record : records) {
            eu.write(record.key(), record.value());
            offset++;
        }
        return HELD.stream().filter(key -> entry(key) != null).toList();
    }

    /** @param since the offset of its start */
    private static List<Sent> scan(String id, long since) {
        List<Sent> records = new ArrayList<>();
        records.add(marker(id, ScanMarkerKind.START, 0, 0));
        FOUND.forEach(key -> records.add(row(id, since, key, "value")));
        records.add(marker(id, ScanMarkerKind.END, since, FOUND.size()));
        return records;
    }

    /** @param value null: the row is malformed */
    private static Sent row(String id, long since, String key, String value) {
        return new Sent(
                bytes(key),
                ROWS.encode(
                        "w",
                        ScanEvent.newBuilder()
                                .setScan(id)
                                .setSince(since)
                                .setVersion(1)
                                .setPosition(START.toEpochMilli() - 1_000)
                                .setDeleted(false)
                                .setValue(value == null ? null : ByteBuffer.wrap(bytes(value)))
                                .build()));
    }

    private static byte[] bytes(String text) {
        return SimulatedReplica.bytes(text);
    }

    private static Sent marker(String id, ScanMarkerKind kind, long since, long rows) {
        return new Sent(
                HeaderNames.scanKey(),
                MARKERS.encode(
                        "w",
                        ScanMarker.newBuilder()
                                .setScan(id)
                                .setKind(kind)
                                .setSince(since)
                                .setRows(rows)
                                .build()));
    }
}
