package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.tree.Hash128;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.streams.errors.TaskCorruptedException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Its snapshots. What both stores have in common: {@link EntryStoreTest}. */
class MemoryStoreTest {

    private static final TopicPartition CHANGELOG = new TopicPartition("app-entries-changelog", 1);

    @TempDir
    Path directory;

    private final RestoreStarts restores = new RestoreStarts();
    private Uuid changelog = Uuid.randomUuid();

    @Test
    void shouldGoOnFromItsSnapshotOnce() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();

        StateStore next = opened();
        assertThat(next.committedOffset(CHANGELOG)).isEqualTo(17L);
        next.commit(Map.of(CHANGELOG, 17L));
        next.close();
        assertThat(snapshot()).as("it was opened for its offset alone").exists();

        StateStore used = opened();
        assertThat(((Storage) used).get(new Hash128(5, 0))).isEqualTo(bytes("five"));
        assertThat(snapshot()).as("a crash from now on must read the changelog").doesNotExist();
        commit(used, 17L);
        used.close();
        assertThat(snapshot()).exists();
    }

    /** What is not in the changelog must not be in a snapshot that names an offset of the changelog. */
    @Test
    void shouldWriteNoSnapshotOfWhatIsNotCommitted() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        put(store, 6, "six");
        store.close();
        assertThat(snapshot()).doesNotExist();

        StateStore unlogged = opened();
        put(unlogged, 7, "seven");
        unlogged.commit(Map.of(CHANGELOG, 17L));
        unlogged.close();
        assertThat(snapshot()).as("a commit without a flush before").doesNotExist();
    }

    /** An earlier version of Kafka Streams kept the offsets of all stores of a task in one file, and hands them over. */
    @Test
    void shouldNotTakeTheOffsetOfAnotherStoreForItsOwn() throws IOException {
        StateStore store = opened();
        store.commit(Map.of(CHANGELOG, 17L));

        assertThat(store.committedOffset(CHANGELOG)).isNull();
    }

    @Test
    void shouldRestoreTheChangelogWhereTheSnapshotIsDamaged() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();
        byte[] damaged = Files.readAllBytes(snapshot());
        damaged[76] ^= 1;
        Files.write(snapshot(), damaged);

        StateStore next = opened();
        assertThatThrownBy(() -> ((Storage) next).get(new Hash128(5, 0))).isInstanceOf(TaskCorruptedException.class);
        next.close();

        assertThat(snapshot()).doesNotExist();
        assertThat(opened().committedOffset(CHANGELOG)).isNull();
    }

    /** In the thread that restores, so that no stream thread waits for it. */
    @Test
    void shouldReadItsSnapshotWhenTheRestoringBegins() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();

        StateStore next = opened();
        assertThat(snapshot()).exists();
        restores.onRestoreStart(CHANGELOG, EntryStore.NAME, 18, 18);
        assertThat(snapshot()).doesNotExist();
        assertThat(((Storage) next).get(new Hash128(5, 0))).isEqualTo(bytes("five"));
        assertThat(next.committedOffset(CHANGELOG)).isEqualTo(17L);
        commit(next, 17L);
        next.close();

        restores.onRestoreStart(CHANGELOG, EntryStore.NAME, 18, 18);
        assertThat(snapshot()).as("a store that is closed reads nothing").exists();
    }

    @Test
    void shouldNeverShowAnEmptyStateWhereTheSnapshotIsDamaged() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();
        byte[] damaged = Files.readAllBytes(snapshot());
        damaged[76] ^= 1;
        Files.write(snapshot(), damaged);

        StateStore next = opened();
        restores.onRestoreStart(CHANGELOG, EntryStore.NAME, 18, 18);
        for (int use = 0; use < 2; use++) {
            assertThatThrownBy(() -> ((Storage) next).get(new Hash128(5, 0)))
                    .isInstanceOf(TaskCorruptedException.class);
            assertThatThrownBy(() -> ((Storage) next).note("")).isInstanceOf(TaskCorruptedException.class);
        }
        next.close();
        assertThat(snapshot()).doesNotExist();
    }

    /** A crash in the middle of writing leaves the former snapshot, or none. */
    @Test
    void shouldNotUseASnapshotThatIsUnfinished() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();
        Path unfinished = directory.resolve("entries.snapshot.tmp");
        byte[] whole = Files.readAllBytes(snapshot());
        Files.delete(snapshot());
        for (int length = 0; length < whole.length; length++) {
            Files.write(unfinished, Arrays.copyOf(whole, length));
            StateStore next = opened();
            assertThat(next.committedOffset(CHANGELOG)).as("%d bytes", length).isNull();
            assertThat(unfinished).doesNotExist();
            next.close();
        }

        Files.write(snapshot(), whole);
        Files.write(unfinished, Arrays.copyOf(whole, 70));
        StateStore next = opened();
        assertThat(unfinished).doesNotExist();
        assertThat(((Storage) next).get(new Hash128(5, 0))).isEqualTo(bytes("five"));
    }

    @Test
    void shouldCountWhatItHoldsInTheHeap() throws IOException {
        long before = HeapShare.OF_PROCESS.held();
        StateStore store = opened();
        put(store, 5, "five");
        put(store, 6, "six");
        put(store, 6, "seven");
        ((Storage) store).put(new Hash128(5, 0), null);
        long one = HeapShare.OF_PROCESS.held() - before;
        assertThat(one).isBetween(50L, 70L);
        commit(store, 17L);
        store.close();
        assertThat(HeapShare.OF_PROCESS.held()).isEqualTo(before);

        StateStore next = opened();
        ((Storage) next).get(new Hash128(5, 0));
        assertThat(HeapShare.OF_PROCESS.held()).isEqualTo(before + one);
        next.close();
    }

    /** The changelog may have forgotten meanwhile that something was removed. */
    @Test
    void shouldNotUseASnapshotThatIsOldOrFromTheFuture() throws IOException {
        long nowMs = System.currentTimeMillis();
        for (Duration age : List.of(Duration.ofHours(13), Duration.ofHours(-1))) {
            Snapshot.write(
                    snapshot(),
                    new Snapshot.Header(changelog, 17, nowMs - age.toMillis(), 0, 0),
                    new HashTable(),
                    Map.of());
            assertThat(opened().committedOffset(CHANGELOG)).isNull();
            assertThat(snapshot()).doesNotExist();
        }
    }

    /** As after a reset on another machine: an offset of the former topic means nothing in the new one. */
    @Test
    void shouldNotUseASnapshotThatIsForAnotherChangelog() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();

        changelog = Uuid.randomUuid();
        assertThat(opened().committedOffset(CHANGELOG)).isNull();
        assertThat(snapshot()).doesNotExist();
    }

    @Test
    void shouldNotUseASnapshotWhereThereIsNoChangelogAndWriteNone() throws IOException {
        StateStore store = opened();
        put(store, 5, "five");
        commit(store, 17L);
        store.close();

        changelog = null;
        StateStore next = opened();
        assertThat(next.committedOffset(CHANGELOG)).isNull();
        put(next, 5, "five");
        commit(next, 17L);
        next.close();
        assertThat(snapshot()).doesNotExist();
    }

    @Test
    void shouldRemoveWhatAStoreInRocksDbHasLeft() throws IOException {
        Path file =
                Files.createDirectories(directory.resolve("rocksdb/entries/db")).resolve("000001.sst");
        Files.createFile(file);
        Files.createFile(directory.resolve(".checkpoint_entries"));

        opened();

        assertThat(directory.resolve("rocksdb/entries")).doesNotExist();
        assertThat(directory.resolve(".checkpoint_entries")).doesNotExist();
    }

    private Path snapshot() {
        return directory.resolve("entries.snapshot");
    }

    private StateStore opened() {
        StateStore store = MemoryStore.builder(EntryStore.NAME, topic -> changelog, restores)
                .build();
        store.init(context(), store);
        return store;
    }

    private static void put(StateStore store, long hash, String value) {
        ((Storage) store).put(new Hash128(hash, 0), bytes(value));
    }

    private static void commit(StateStore store, long offset) {
        ((CachedStateStore<?, ?>) store).flushCache();
        store.commit(Map.of(CHANGELOG, offset));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A task that logs nowhere. */
    private StateStoreContext context() {
        return (StateStoreContext) Proxy.newProxyInstance(
                MemoryStoreTest.class.getClassLoader(),
                new Class<?>[] {InternalProcessorContext.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "stateDir" -> directory.toFile();
                    case "applicationId" -> "app";
                    case "taskId" -> new TaskId(0, 1);
                    case "currentSystemTimeMs" -> 0L;
                    case "register", "logChange" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
