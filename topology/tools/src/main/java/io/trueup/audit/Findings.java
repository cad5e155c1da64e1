package io.trueup.audit;

import io.trueup.audit.checkpoint.ComparedPartition;
import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.topic.ProgressCounter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What an audit has found so far, collected from all its threads. Thread-safe. */
final class Findings {

    private final AuditRequest.Bounds bounds;
    private final List<PartitionSummary> summaries = new ArrayList<>();
    private final List<DivergentKey> divergent = new ArrayList<>();
    private final Map<String, Boolean> allLater = new TreeMap<>();
    private final Set<Integer> compared = new TreeSet<>();
    private long differingKeys;
    private long lastingKeys;
    private long inFlightKeys;
    private long largestTable;
    private long keysInIt;
    private int passes;
    private int reserved;
    private long listedBytes;

    Findings(AuditRequest.Bounds bounds) {
        this.bounds = bounds;
    }

    /**
     * Adds the contents of a partition.
     *
     * @param roots whether all keys were read, so that the roots are known
     */
    synchronized void add(PartitionAudit audit, boolean roots) {
        differingKeys += audit.divergentKeys();
        passes += audit.passes();
        if (audit.largestTable() >= largestTable) {
            largestTable = audit.largestTable();
            keysInIt = audit.keysInIt();
        }
        add(audit.summaries(roots), audit.allLater());
    }

    private void add(Collection<PartitionSummary> added, Collection<String> later) {
        summaries.addAll(added);
        for (PartitionSummary summary : added) {
            String replica = summary.place().replica();
            if (summary.records() > 0) {
                allLater.put(replica, false);
            } else if (later.contains(replica)) {
                allLater.putIfAbsent(replica, true);
            }
        }
    }

    /** Adds a partition that an earlier run has compared. */
    synchronized void add(ComparedPartition earlier) {
        differingKeys += earlier.differing();
        lastingKeys += earlier.lasting();
        inFlightKeys += earlier.inFlight();
        reserved += earlier.listed().size();
        listedBytes +=
                earlier.listed().stream().mapToLong(DivergentKey::memoryBytes).sum();
        divergent.addAll(earlier.listed());
        add(earlier.summaries(), earlier.allLater());
        compared.add(earlier.partition());
    }

    /** Reserves places in the list of divergent keys; returns how many. */
    synchronized int reserve(int wanted) {
        int granted = listedBytes >= bounds.memoryBytes() ? 0 : Math.min(wanted, bounds.limit() - reserved);
        reserved += granted;
        return granted;
    }

    /** The examined keys of one partition. Used by one thread. */
    final class Examined implements Consumer<DivergentKey> {

        private final List<DivergentKey> listed = new ArrayList<>();
        private long lasting;
        private long inFlight;

        @Override
        public void accept(DivergentKey key) {
            if (key.isInFlight()) {
                inFlight++;
                passOver();
            } else {
                lasting++;
                if (list(key)) {
                    listed.add(key);
                }
            }
        }

        List<DivergentKey> listed() {
            return listed;
        }

        /** How many differ for good, listed or not. */
        long lasting() {
            return lasting;
        }

        long inFlight() {
            return inFlight;
        }
    }

    /** A key is in flight: its place in the list is free again. */
    private synchronized void passOver() {
        inFlightKeys++;
        reserved--;
    }

    /** Lists a key. Once the listed keys take up the memory of the audit, further keys are only counted. */
    private synchronized boolean list(DivergentKey key) {
        lastingKeys++;
        if (listedBytes >= bounds.memoryBytes()) {
            return false;
        }
        listedBytes += key.memoryBytes();
        divergent.add(key);
        return true;
    }

    /** A partition was compared to its end. */
    synchronized void finish(int partition) {
        compared.add(partition);
    }

    /** The partitions that were compared to their ends. */
    synchronized Set<Integer> compared() {
        return new TreeSet<>(compared);
    }

    /** Replicas of which every record that was read is later than the moment of the audit. */
    synchronized List<String> allLater() {
        return allLater.keySet().stream().filter(allLater::get).toList();
    }

    /** How many keys differ, writes in flight left out as far as they are known. */
    synchronized long divergentKeys() {
        return differingKeys - inFlightKeys;
    }

    /** How many keys are known to differ for good. */
    synchronized long lastingKeys() {
        return lastingKeys;
    }

    synchronized long inFlightKeys() {
        return inFlightKeys;
    }

    /** How many keys differ of which it is not known whether they are in flight. */
    synchronized long unexaminedKeys() {
        return differingKeys - lastingKeys - inFlightKeys;
    }

    /** Whether the listed keys take up the memory of the audit. */
    synchronized boolean isFull() {
        return listedBytes >= bounds.memoryBytes();
    }

    /** The listed keys, by partition and key. Used once all threads have ended; the caller may replace its elements. */
    synchronized List<DivergentKey> divergent() {
        divergent.sort(Comparator.comparingInt(DivergentKey::partition)
                .thenComparing(DivergentKey::key, Arrays::compareUnsigned));
        return divergent;
    }

    synchronized List<PartitionSummary> summaries() {
        return summaries.stream()
                .sorted(Comparator.comparing(PartitionSummary::place))
                .toList();
    }

    /** @param nanos duration of the audit in nanoseconds */
    synchronized AuditResult.Effort effort(ProgressCounter progress, long nanos) {
        return new AuditResult.Effort(progress.records(), progress.bytes(), nanos, largestTable, keysInIt, passes);
    }
}
