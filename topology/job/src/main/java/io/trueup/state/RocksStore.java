package io.trueup.state;

import io.trueup.tree.Hash128;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.TaskCorruptedException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * A store in RocksDB, on disk. Changes that wait to be logged are in memory, too, where they are read; they are written to RocksDB in
 * batches.
 */
final class RocksStore extends LoggedStore {

    /** So many changes are written to RocksDB at once. */
    private static final int BATCH = 1_024;

    /** In {@link #recent}: the entry was removed. */
    private static final byte[] REMOVED = new byte[0];

    private final ChangelogTopics changelogs;
    private final KeyValueStore<Bytes, byte[]> files;

    /** Entries whose latest change is not logged. */
    private final HashTable recent = new HashTable();

    private final List<KeyValue<Bytes, byte[]>> unwritten = new ArrayList<>();

    /** Notes whose latest change is not written. */
    private final Map<String, byte[]> recentNotes = new HashMap<>();

    private RocksStore(String name, ChangelogTopics changelogs) {
        super(name);
        this.changelogs = changelogs;
        files = Stores.persistentKeyValueStore(name).get();
    }

    static Builder builder(String name, ChangelogTopics changelogs) {
        return new Builder(name, () -> new RocksStore(name, changelogs));
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        super.init(context, root);
        recent.clear();
        unwritten.clear();
        recentNotes.clear();
        requireUsableFiles(context);
        files.init(context, root);
    }

    /**
     * Kafka Streams has read the offset of the files before it calls {@link #init}. Where they may not be used, it forgets the
     * offset if the task counts as corrupted, and begins anew.
     */
    private void requireUsableFiles(StateStoreContext context) {
        Path directory = context.stateDir().toPath();
        Uuid changelog = changelogs.id(EntryStore.changelog(context.applicationId()));
        try {
            if (!new LocalState(directory, name()).keepUsableFiles(changelog)) {
                throw new TaskCorruptedException(Set.of(context.taskId()));
            }
        } catch (IOException e) {
            throw new ProcessorStateException(
                    "the state in " + directory + " cannot be read or removed: check the directory of state.dir", e);
        }
    }

    @Override
    public byte[] get(Hash128 keyHash) {
        byte[] entry = recent.get(keyHash.hi(), keyHash.lo());
        if (entry != null) {
            return entry == REMOVED ? null : entry;
        }
        return files.get(StoredKey.of(keyHash));
    }

    @Override
    void store(Hash128 keyHash, byte[] entry) {
        recent.put(keyHash.hi(), keyHash.lo(), entry == null ? REMOVED : entry);
        unwritten.add(KeyValue.pair(StoredKey.of(keyHash), entry));
        if (unwritten.size() >= BATCH) {
            write();
        }
    }

    private void write() {
        if (!unwritten.isEmpty()) {
            files.putAll(unwritten);
            unwritten.clear();
        }
    }

    @Override
    void store(String note, byte[] value) {
        recentNotes.put(note, value);
    }

    @Override
    byte[] latest(Hash128 keyHash) {
        byte[] entry = recent.get(keyHash.hi(), keyHash.lo());
        return entry == REMOVED ? null : entry;
    }

    @Override
    void logged(Hash128 keyHash) {
        recent.remove(keyHash.hi(), keyHash.lo());
    }

    @Override
    public void flushCache() {
        recentNotes.forEach((note, value) -> unwritten.add(KeyValue.pair(StoredKey.ofNote(note), value)));
        recentNotes.clear();
        write();
        super.flushCache();
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        write();
        try (KeyValueIterator<Bytes, byte[]> entries = files.range(StoredKey.of(first), StoredKey.of(last))) {
            while (entries.hasNext()) {
                KeyValue<Bytes, byte[]> entry = entries.next();
                visitor.visit(Hash128.fromBytes(entry.key.get()), entry.value);
            }
        }
    }

    @Override
    public List<Hash128> keysFrom(Hash128 first, int most) {
        write();
        List<Hash128> keys = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> entries =
                files.range(StoredKey.of(first), StoredKey.of(new Hash128(-1, -1)))) {
            while (keys.size() < most && entries.hasNext()) {
                keys.add(Hash128.fromBytes(entries.next().key.get()));
            }
        }
        return keys;
    }

    @Override
    public byte[] note(String name) {
        return recentNotes.containsKey(name) ? recentNotes.get(name) : files.get(StoredKey.ofNote(name));
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        SortedMap<String, byte[]> notes = new TreeMap<>();
        try (KeyValueIterator<Bytes, byte[]> found =
                files.range(StoredKey.ofNote(prefix), StoredKey.afterNotes(prefix))) {
            while (found.hasNext()) {
                KeyValue<Bytes, byte[]> note = found.next();
                notes.put(StoredKey.noteName(note.key.get()), note.value);
            }
        }
        recentNotes.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                notes.put(name, value);
            }
        });
        notes.values().removeIf(Objects::isNull);
        return notes;
    }

    @Override
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        files.commit(changelogOffsets);
    }

    /** What is not flushed is lost, as it must be where a task ends in the middle of a transaction. */
    @Override
    public void close() {
        files.close();
    }

    @Override
    public boolean isOpen() {
        return files.isOpen();
    }
}
