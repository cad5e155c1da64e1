package io.trueup.state;

import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * A store of Kafka Streams in RocksDB. It is cached: what is replaced several times between two commits is written and logged
 * once.
 */
final class RocksStorage implements Storage {

    private final KeyValueStore<Bytes, byte[]> store;

    RocksStorage(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    static StoreBuilder<KeyValueStore<Bytes, byte[]>> builder(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of());
    }

    @Override
    public byte[] get(Hash128 keyHash) {
        return store.get(StoredKey.of(keyHash));
    }

    @Override
    public void put(Hash128 keyHash, byte[] entry) {
        store.put(StoredKey.of(keyHash), entry);
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        try (KeyValueIterator<Bytes, byte[]> entries = store.range(StoredKey.of(first), StoredKey.of(last))) {
            while (entries.hasNext()) {
                KeyValue<Bytes, byte[]> entry = entries.next();
                visitor.visit(Hash128.fromBytes(entry.key.get()), entry.value);
            }
        }
    }

    @Override
    public List<Hash128> keysFrom(Hash128 first, int most) {
        List<Hash128> keys = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> entries =
                store.range(StoredKey.of(first), StoredKey.of(new Hash128(-1, -1)))) {
            while (keys.size() < most && entries.hasNext()) {
                keys.add(Hash128.fromBytes(entries.next().key.get()));
            }
        }
        return keys;
    }

    @Override
    public byte[] note(String name) {
        return store.get(StoredKey.ofNote(name));
    }

    @Override
    public void note(String name, byte[] value) {
        store.put(StoredKey.ofNote(name), value);
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        SortedMap<String, byte[]> notes = new TreeMap<>();
        try (KeyValueIterator<Bytes, byte[]> found =
                store.range(StoredKey.ofNote(prefix), StoredKey.afterNotes(prefix))) {
            while (found.hasNext()) {
                KeyValue<Bytes, byte[]> note = found.next();
                notes.put(StoredKey.noteName(note.key.get()), note.value);
            }
        }
        return notes;
    }
}
