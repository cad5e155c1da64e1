package io.trueup.example;

import io.trueup.datastore.Datastore;
import io.trueup.datastore.Entry;
import io.trueup.datastore.Key;
import io.trueup.datastore.RepairConsumer;
import io.trueup.datastore.ReplicaTopics;
import io.trueup.datastore.WriteEventProducer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;

/** A datastore in memory, attached to Trueup by the library. */
final class MapDatastore implements Datastore, AutoCloseable {

    final ConcurrentMap<Key, Entry> rows = new ConcurrentHashMap<>();
    private final WriteEventProducer events;
    private final RepairConsumer repairs;

    MapDatastore(ReplicaTopics topics, Map<String, ?> kafka) {
        events = new WriteEventProducer(topics, kafka);
        repairs = new RepairConsumer(topics, kafka, events, this);
        new Thread(repairs, "repairs-" + topics.replica()).start();
    }

    /** Stores a write of the feed, unless what is held is newer. Once the result is done, the offset of the write may be committed. */
    CompletableFuture<Long> write(Key key, Entry written) throws Exception {
        return events.exclusively(key, () -> {
            Entry stored = rows.merge(key, written, (held, entry) -> entry.isNewerThan(held) ? entry : held);
            return events.write(key, stored);
        });
    }

    @Override
    public Entry read(Key key) {
        return rows.get(key);
    }

    @Override
    public boolean replace(Key key, Entry held, Entry winner) {
        return held == null ? rows.putIfAbsent(key, winner) == null : rows.replace(key, held, winner);
    }

    @Override
    public void scan(int partition, BiConsumer<Key, Entry> row) {
        rows.forEach((key, entry) -> {
            if (key.partition() == partition) {
                row.accept(key, entry);
            }
        });
    }

    /** States that every write of the partition up to this time is stored and sent. */
    CompletableFuture<Long> progress(int partition, long positionMs) {
        return events.progress(partition, positionMs);
    }

    /** Reports what is stored in a partition, however it came there. */
    long scan(int partition) throws Exception {
        return events.scan(partition, this);
    }

    @Override
    public void close() {
        repairs.close();
        events.close();
    }
}
