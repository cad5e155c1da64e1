package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.trueup.tree.Hash128;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {

    private static final int ENTRIES = 1_000;
    private static final Snapshot.Header HEADER = new Snapshot.Header(new Uuid(3, 4), 41, 1_000, ENTRIES + 1, 2);

    @TempDir
    Path directory;

    private Path path;
    private final HashTable entries = new HashTable();
    private final Map<String, byte[]> notes = new TreeMap<>();

    @BeforeEach
    void write() throws IOException {
        path = directory.resolve("entries.snapshot");
        HashTable written = new HashTable();
        for (int i = 0; i < ENTRIES; i++) {
            written.put((long) i << 50, i, new byte[] {(byte) i, 1});
        }
        written.put(-1, -1, new byte[0]);
        Snapshot.write(path, HEADER, written, Map.of("", new byte[] {3}, "choice/é", new byte[] {4, 5}));
    }

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        assertThat(Snapshot.header(path)).isEqualTo(HEADER);
        assertThat(Snapshot.read(path, entries, notes)).isTrue();

        assertThat(entries.size()).isEqualTo(ENTRIES + 1);
        for (int i = 0; i < ENTRIES; i++) {
            assertThat(entries.get((long) i << 50, i)).containsExactly((byte) i, 1);
        }
        assertThat(entries.get(-1, -1)).isEmpty();
        assertThat(notes).containsOnlyKeys("", "choice/é");
        assertThat(notes.get("choice/é")).containsExactly(4, 5);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void shouldReadNothingFromADamagedFile() throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        for (int at = 8; at < bytes.length; at += 97) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 4;
            Files.write(path, damaged);
            assertThat(Snapshot.read(path, entries, notes)).as("byte %d", at).isFalse();
        }
        for (int length : new int[] {0, 7, 55, 56, 63, 64, bytes.length / 2, bytes.length - 1}) {
            Files.write(path, Arrays.copyOf(bytes, length));
            assertThat(Snapshot.read(path, entries, notes))
                    .as("%d bytes", length)
                    .isFalse();
        }

        assertThat(entries.size()).isZero();
        assertThat(notes).isEmpty();
        assertThat(entries.get(Hash128.ZERO.hi(), Hash128.ZERO.lo())).isNull();
    }

    @Test
    void shouldKeepTheFormerFileAndLeaveNothingElseWhereWritingFails() throws IOException {
        Map<String, byte[]> unwritable = new TreeMap<>();
        unwritable.put("", null);
        assertThatThrownBy(() -> Snapshot.write(path, HEADER, entries, unwritable))
                .isInstanceOf(NullPointerException.class);

        assertThat(Snapshot.read(path, entries, notes)).isTrue();
        assertThat(entries.size()).isEqualTo(ENTRIES + 1);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(path);
        }
    }

    /** A large state must fit into the heap once, and not twice. */
    @Test
    void shouldWriteAndReadAsAStream() throws IOException {
        int many = 200_000;
        int valueBytes = 200;
        HashTable large = new HashTable();
        for (int i = 0; i < many; i++) {
            large.put(((long) i << 46) + i, i, new byte[valueBytes]);
        }
        Snapshot.Header header = new Snapshot.Header(new Uuid(3, 4), 41, 1_000, many, 0);
        long writing = allocatedBy(() -> Snapshot.write(path, header, large, Map.of()));
        long content = Files.size(path);
        assertThat(content).isGreaterThan((long) many * valueBytes);
        assertThat(writing).isLessThan(content / 10);

        HashTable smaller = new HashTable();
        long reading = allocatedBy(
                () -> assertThat(Snapshot.read(path, smaller, notes)).isTrue());
        long tables = 2 * (20L << 19); // slots of the table, and of the smaller ones before it grew
        assertThat(reading).isLessThan(content + tables + content / 10);
        assertThat(smaller.size()).isEqualTo(many);
    }

    /** Bytes that the thread has allocated. */
    private static long allocatedBy(ThrowingRunnable work) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private interface ThrowingRunnable {
        void run() throws IOException;
    }

    @Test
    void shouldNotReadTheFormatOfAnotherVersion() throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        bytes[7]++;
        Files.write(path, bytes);

        assertThat(Snapshot.header(path)).isNull();
        assertThat(Snapshot.header(directory.resolve("none"))).isNull();
    }
}
