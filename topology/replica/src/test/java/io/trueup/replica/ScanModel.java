package io.trueup.replica;

import io.trueup.source.Observation;
import io.trueup.tree.Write;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The entries that a reader of one writes partition concludes to be held, by the rules of the contract in their simplest form. */
final class ScanModel {

    private final Map<String, Write> held = new TreeMap<>();
    private final Map<Long, Set<String>> found = new TreeMap<>();
    private int overruled;
    private int complete;

    static ScanModel of(List<ReplicaFixture.Seen> partition) {
        ScanModel model = new ScanModel();
        partition.forEach(model::add);
        return model;
    }

    private void add(ReplicaFixture.Seen seen) {
        Observation observation = seen.observation();
        if (observation instanceof Observation.Observed observed) {
            held.put(ReplicaFixture.text(observed.write().key()), observed.write());
        } else if (observation instanceof Observation.Scanned scanned) {
            row(scanned);
        } else if (observation instanceof Observation.ScanEnded ended) {
            end(ended);
        }
    }

    private void row(Observation.Scanned scanned) {
        String key = ReplicaFixture.text(scanned.write().key());
        found.computeIfAbsent(scanned.since(), since -> new HashSet<>()).add(key);
        Write reported = held.get(key);
        if (reported == null || reported.offset() <= scanned.since()) {
            held.put(key, scanned.write());
        } else {
            overruled++;
        }
    }

    private void end(Observation.ScanEnded ended) {
        Set<String> rows = found.getOrDefault(ended.since(), Set.of());
        if (rows.size() == ended.rows()) {
            complete++;
            held.entrySet()
                    .removeIf(entry -> !entry.getValue().deleted()
                            && entry.getValue().offset() <= ended.since()
                            && !rows.contains(entry.getKey()));
        }
    }

    /** Keys with value and version, without deletes. */
    Map<String, String> live() {
        Map<String, String> live = new TreeMap<>();
        held.forEach((key, write) -> {
            if (!write.deleted()) {
                live.put(key, ReplicaFixture.text(write.value()) + "@" + write.version());
            }
        });
        return live;
    }

    /** Number of rows over which a write event after the start marker won. */
    int overruled() {
        return overruled;
    }

    /** Number of scans of which every row was read. */
    int complete() {
        return complete;
    }
}
