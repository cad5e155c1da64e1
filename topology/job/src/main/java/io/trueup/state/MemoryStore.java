package io.trueup.state;

import io.trueup.tree.Hash128;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.TaskCorruptedException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in the heap. Its changelog holds the same records as that of a store in RocksDB, so that one can replace the other. When it is
 * closed, it writes a snapshot, from which the next start goes on; after a crash it is restored from the changelog. Used by the
 * thread of the task that owns the store: that which restores it, then the stream thread.
 */
final class MemoryStore extends LoggedStore {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryStore.class);

    /** A slot of the table, of which about five of nine are taken, and the header and padding of an array. */
    private static final int BYTES_BESIDE_ENTRY = 56;

    private final HashTable entries = new HashTable();
    private final SortedMap<String, byte[]> notes = new TreeMap<>();

    private final ChangelogTopics changelogs;
    private final RestoreStarts restores;
    private final Runnable reader = this::read;

    private StateStoreContext context;
    private boolean open;
    private Path path;

    /** The topic that the snapshot is for. */
    private Uuid changelog;

    /** Whether the content is in memory: before the first use it is in the snapshot, if there is one. */
    private boolean used;

    /** Why the snapshot could not be read, or null. */
    private RuntimeException unreadable;

    /** The last offset of the changelog that the store contained at the last commit. */
    private Long offset;

    /** Whether something has changed since the last commit. */
    private boolean changed;

    /** Bytes in the heap, about. */
    private long held;

    private MemoryStore(String name, ChangelogTopics changelogs, RestoreStarts restores) {
        super(name);
        this.changelogs = changelogs;
        this.restores = restores;
    }

    static Builder builder(String name, ChangelogTopics changelogs, RestoreStarts restores) {
        return new Builder(name, () -> new MemoryStore(name, changelogs, restores));
    }

    /** Begins with what the snapshot holds, if there is one: a task that is revived calls this again. */
    @Override
    public void init(StateStoreContext stateStoreContext, StateStore root) {
        super.init(stateStoreContext, root);
        context = stateStoreContext;
        forget();
        LocalState local = new LocalState(context.stateDir().toPath(), name());
        path = local.snapshot();
        changelog = changelogs.id(EntryStore.changelog(context.applicationId()));
        try {
            local.removeFiles(); // what a store in RocksDB has left is outdated from now on
            Snapshot.Header found = local.usableSnapshot(changelog);
            offset = found == null ? null : found.offset();
        } catch (IOException e) {
            throw failed(e);
        }
        context.register(root, this::restore);
        restores.await(changelogPartition(), reader);
        open = true;
    }

    private TopicPartition changelogPartition() {
        return new TopicPartition(
                EntryStore.changelog(context.applicationId()), context.taskId().partition());
    }

    private void use() {
        read();
        if (unreadable != null) {
            throw unreadable;
        }
    }

    /**
     * Reads the snapshot when the restoring begins, or at the first use: Kafka Streams opens and closes each store that it finds on disk once before, to know its
     * offset. The file is removed before anything changes, so that after a crash the whole changelog is read.
     */
    private void read() {
        if (used) {
            return;
        }
        used = true;
        if (offset == null) {
            return;
        }
        long start = System.nanoTime();
        Long contained = offset;
        offset = null; // unless all is read, nothing may be written for it
        try {
            boolean whole = Snapshot.read(path, entries, notes);
            entries.scan((hi, lo, entry) -> {
                hold(bytes(entry));
                return true;
            });
            Files.delete(path);
            if (!whole) {
                LOG.warn("{} is damaged; the state of task {} is restored from its changelog", path, context.taskId());
                unreadable = new TaskCorruptedException(Set.of(context.taskId()));
                return;
            }
            offset = contained;
            LOG.info(
                    "The state of task {} was read from {}: {} entries in {} ms",
                    context.taskId(),
                    path,
                    entries.size(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } catch (IOException e) {
            unreadable = failed(e);
        }
    }

    private ProcessorStateException failed(IOException e) {
        return new ProcessorStateException(
                "the snapshot " + path
                        + " of the state cannot be read or removed: check the directory of state.dir, or remove"
                        + " the file; the state is then restored from its changelog",
                e);
    }

    @Override
    public Long committedOffset(TopicPartition changelog) {
        return offset;
    }

    /** Remembers the offset, if the store was used since it was opened: otherwise it contains what the snapshot says. */
    @Override
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        if (used) {
            offset = changelogOffsets.values().stream().findAny().orElse(null);
            changed = isWaiting();
        }
    }

    private void restore(byte[] key, byte[] value) {
        if (StoredKey.isOfEntry(key)) {
            store(Hash128.fromBytes(key), value);
        } else {
            store(StoredKey.noteName(key), value);
        }
    }

    @Override
    void store(Hash128 keyHash, byte[] entry) {
        use();
        changed = true;
        byte[] before = entry == null
                ? entries.remove(keyHash.hi(), keyHash.lo())
                : entries.put(keyHash.hi(), keyHash.lo(), entry);
        hold(bytes(entry) - bytes(before));
    }

    private static int bytes(byte[] entry) {
        return entry == null ? 0 : BYTES_BESIDE_ENTRY + entry.length;
    }

    private void hold(long bytes) {
        if (bytes != 0) {
            held += bytes;
            HeapShare.OF_PROCESS.add(bytes);
        }
    }

    @Override
    void store(String note, byte[] value) {
        use();
        changed = true;
        if (value == null) {
            notes.remove(note);
        } else {
            notes.put(note, value);
        }
    }

    @Override
    public byte[] get(Hash128 keyHash) {
        use();
        return entries.get(keyHash.hi(), keyHash.lo());
    }

    @Override
    byte[] latest(Hash128 keyHash) {
        return get(keyHash);
    }

    /** The entry stays. */
    @Override
    void logged(Hash128 keyHash) {}

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        use();
        entries.scan(first, last, (hi, lo, entry) -> {
            visitor.visit(new Hash128(hi, lo), entry);
            return true;
        });
    }

    @Override
    public List<Hash128> keysFrom(Hash128 first, int most) {
        use();
        List<Hash128> keys = new ArrayList<>();
        entries.scan(first, new Hash128(-1, -1), (hi, lo, entry) -> {
            keys.add(new Hash128(hi, lo));
            return keys.size() < most;
        });
        return keys;
    }

    @Override
    public byte[] note(String note) {
        use();
        return notes.get(note);
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        use();
        return new TreeMap<>(notes.subMap(prefix, prefix + Character.MAX_VALUE));
    }

    @Override
    @SuppressWarnings("deprecation") // of every store: those that do not manage their offsets are deprecated
    public boolean managesOffsets() {
        return true;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Writes a snapshot, if it was used and holds what the changelog holds. */
    @Override
    public void close() {
        if (open) {
            restores.forget(changelogPartition(), reader);
        }
        if (open && used && changelog != null && offset != null && !changed) {
            try {
                Snapshot.write(
                        path,
                        new Snapshot.Header(
                                changelog, offset, System.currentTimeMillis(), entries.size(), notes.size()),
                        entries,
                        notes);
            } catch (IOException e) {
                LOG.warn(
                        "The state of task {} could not be written to {}: the next start restores it from its changelog",
                        context.taskId(),
                        path,
                        e);
            }
        }
        open = false;
        forget();
    }

    private void forget() {
        hold(-held);
        used = false;
        unreadable = null;
        offset = null;
        changed = false;
        entries.clear();
        notes.clear();
    }
}
