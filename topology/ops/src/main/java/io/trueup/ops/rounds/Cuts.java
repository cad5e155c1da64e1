package io.trueup.ops.rounds;

import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up the reports of each of the latest {@value #MAX_CUTS} cuts; a report that comes twice counts once. Not thread-safe. */
final class Cuts {

    static final int MAX_CUTS = 360;

    private final TreeMap<Long, Sums> byCut = new TreeMap<>();
    private final List<List<String>> owners;
    private final int expected;

    private static final class Sums {

        private final BitSet reported = new BitSet();
        private final Map<String, Long> outcomes = new TreeMap<>();
        private final Map<Integer, Map<String, Long>> different = new HashMap<>();
        private final Map<String, Long> sent = new TreeMap<>();
        private long verified;
        private long declined;
        private long controlBytes;
    }

    /** @param owners the owners of each partition */
    Cuts(List<List<String>> owners) {
        this.owners = owners;
        expected =
                owners.stream().mapToInt(List::size).filter(count -> count > 1).sum();
    }

    /** Takes a report; one of a replica that does not own the partition is ignored. */
    void take(RoundReport report) {
        int place = owners.get(report.getPartition()).indexOf(report.getReplica());
        if (place < 0) {
            return;
        }
        Sums sums = byCut.computeIfAbsent(report.getCut(), cut -> new Sums());
        if (byCut.size() > MAX_CUTS && byCut.pollFirstEntry().getValue() == sums) {
            return;
        }
        int bit = place * owners.size() + report.getPartition();
        if (sums.reported.get(bit)) {
            return;
        }
        sums.reported.set(bit);
        sums.outcomes.merge(report.getOutcome().name(), 1L, Long::sum);
        if (!report.getDivergences().isEmpty()) {
            Map<String, Long> most = sums.different.computeIfAbsent(report.getPartition(), p -> new HashMap<>());
            report.getDivergences().forEach((kind, count) -> most.merge(kind, count, Math::max));
        }
        report.getRepairs().forEach((target, count) -> sums.sent.merge(target, count, Long::sum));
        sums.verified += report.getVerified();
        sums.declined += report.getDeclined();
        sums.controlBytes += report.getControlBytes();
    }

    /** The latest cuts, in order. */
    List<CutTotals> latest(int limit) {
        List<CutTotals> totals = new ArrayList<>();
        byCut.forEach((cut, sums) -> {
            Map<String, Long> different = new TreeMap<>();
            sums.different
                    .values()
                    .forEach(one -> one.forEach((kind, count) -> different.merge(kind, count, Long::sum)));
            totals.add(new CutTotals(
                    cut,
                    sums.reported.cardinality(),
                    expected,
                    Map.copyOf(sums.outcomes),
                    different,
                    Map.copyOf(sums.sent),
                    sums.verified,
                    sums.declined,
                    sums.controlBytes));
        });
        return totals.subList(Math.max(0, totals.size() - limit), totals.size());
    }
}
