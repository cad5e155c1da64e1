package io.trueup.replica;

import io.trueup.source.Observation;
import io.trueup.tree.Write;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a reader of one writes partition takes for held, by the rules of the contract and as simply as they can be told. */
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
        Write told = held.get(key);
        if (told == null || told.offset() <= scanned.since()) {
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

    /** Keys with value and version, deletes left out. */
    Map<String, String> live() {
        Map<String, String> live = new TreeMap<>();
        held.forEach((key, write) -> {
            if (!write.deleted()) {
                live.put(key, ReplicaFixture.text(write.value()) + "@" + write.version());
            }
        });
        return live;
    }

    /** Rows that a write event behind the start marker won over. */
    int overruled() {
        return overruled;
    }

    /** Scans of which every row arrived. */
    int complete() {
        return complete;
    }
}
