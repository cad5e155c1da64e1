package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Settings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Everything about a schedule that is drawn once, from its seed. Times in milliseconds.
 *
 * @param seed what it was drawn from
 * @param faults what goes wrong in it
 * @param replicas names of the replicas
 * @param partitions partitions of the dataset
 * @param keys keys of the dataset
 * @param settings those of the first replica
 * @param faultRounds how many rounds pass until the faults stop
 * @param writeGapMs mean time from one write of a partition to the next
 * @param maxLagMs longest way of a write from the feed into a writes log
 * @param maxSkewMs furthest that two clocks are apart
 * @param maxConsumeMs longest way of a write event from the log into a reconciler
 * @param maxDelayMs longest way of a control message or a repair
 * @param logAppendTime whether write events carry the broker's time, or are stamped when first seen
 * @param progress whether replicas send progress events
 * @param trafficGoesOn whether writes go on when the faults have stopped
 */
record Plan(
        long seed,
        Set<Fault> faults,
        List<String> replicas,
        int partitions,
        int keys,
        Settings settings,
        int faultRounds,
        int writeGapMs,
        int maxLagMs,
        int maxSkewMs,
        int maxConsumeMs,
        int maxDelayMs,
        boolean logAppendTime,
        boolean progress,
        boolean trafficGoesOn) {

    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final List<String> NAMES = List.of("ap", "eu", "jp", "uk", "us");
    private static final int INTERVAL_MS = 10_000;
    private static final List<Integer> GRACES_MS =
            List.of(1_000, 1_000, 2_000, 2_000, 2_000, 2_000, 4_000, 4_000, 4_000, 12_000);

    static Plan draw(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> replicas = NAMES.subList(0, 2 + random.nextInt(4));
        int graceMs = GRACES_MS.get(random.nextInt(GRACES_MS.size()));
        int maxSkewMs = random.nextInt(Math.min(2_000, graceMs * 2 / 5));
        int keys = 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 15);
        Set<Fault> faults = faults(random);
        return new Plan(
                seed,
                faults,
                replicas,
                1 + random.nextInt(3) / 2 + random.nextInt(3) / 2,
                keys,
                settings(replicas, graceMs, random),
                2 + random.nextInt(5),
                List.of(300, 900, 2_000, 6_000).get(random.nextInt(4)) * replicas.size() / 2,
                1 + random.nextInt(graceMs - maxSkewMs - 200),
                maxSkewMs,
                1 + random.nextInt(List.of(20, 200, 2_000).get(random.nextInt(3))),
                2 + random.nextInt(List.of(10, 150, 500).get(random.nextInt(3))),
                random.nextBoolean(),
                random.nextInt(3) > 0,
                random.nextBoolean());
    }

    /** The same schedule with some faults left out, as far as a schedule can be the same then. */
    Plan without(Set<Fault> excluded) {
        EnumSet<Fault> left = EnumSet.noneOf(Fault.class);
        faults.stream().filter(fault -> !excluded.contains(fault)).forEach(left::add);
        return new Plan(
                seed,
                left,
                replicas,
                partitions,
                keys,
                settings,
                faultRounds,
                writeGapMs,
                maxLagMs,
                maxSkewMs,
                maxConsumeMs,
                maxDelayMs,
                logAppendTime,
                progress,
                trafficGoesOn);
    }

    boolean has(Fault fault) {
        return faults.contains(fault);
    }

    boolean has(Fault.Kind kind) {
        return faults.stream().anyMatch(fault -> fault.kind == kind);
    }

    /** Longest way of a write from the feed into a writes log. */
    long longestLagMs() {
        return has(Fault.SLOW) ? maxLagMs + settings.patienceMs() : maxLagMs;
    }

    Settings settings(String replica) {
        return settings.of(replica);
    }

    /** Two schedules in five have no fault of a datastore: nothing may be repaired in them. */
    private static Set<Fault> faults(SplittableRandom random) {
        boolean datastoresFail = random.nextInt(5) >= 2;
        boolean manyKinds = random.nextInt(3) == 0;
        List<Fault> candidates = new ArrayList<>(List.of(Fault.values()));
        candidates.removeIf(fault -> fault.kind == Fault.Kind.DATASTORE && !datastoresFail);
        EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        for (Fault fault : candidates) {
            if (random.nextInt(manyKinds ? 3 : 8) == 0) {
                faults.add(fault);
            }
        }
        boolean none = faults.stream().noneMatch(fault -> fault.kind == Fault.Kind.DATASTORE);
        if (datastoresFail && none) {
            List<Fault> ofDatastores = candidates.stream()
                    .filter(fault -> fault.kind == Fault.Kind.DATASTORE)
                    .toList();
            faults.add(ofDatastores.get(random.nextInt(ofDatastores.size())));
        }
        boolean behind = faults.contains(Fault.SHORT_OUTAGE)
                || faults.contains(Fault.LONG_OUTAGE)
                || faults.contains(Fault.SLOW);
        if (behind) {
            // A watermark says nothing about writes that come long after their position.
            faults.remove(Fault.LATE_POSITION);
        }
        if (faults.contains(Fault.SLOW)) {
            faults.remove(Fault.SHORT_OUTAGE);
        }
        return faults;
    }

    private static Settings settings(List<String> replicas, int graceMs, SplittableRandom random) {
        return new Settings.Builder("simulated", replicas.get(0), replicas, SECRET)
                .segmentBits(random.nextInt(7))
                .stride(1 + random.nextInt(4))
                .intervalMs(INTERVAL_MS)
                .graceMs(graceMs)
                .patienceMs(10L * graceMs)
                .settleMs(2_000 + random.nextInt(2_000))
                .deadlineMs(7_000 + random.nextInt(2_500))
                .repairTimeoutMs(2L * INTERVAL_MS + graceMs + random.nextInt(5_000))
                .repairAttempts(1 + random.nextInt(4))
                .repairValidityMs(20L * INTERVAL_MS)
                .maxSegmentsPerRound(List.of(4, 64, 256).get(random.nextInt(3)))
                .maxEntriesPerMessage(List.of(1, 3, 20, 1_000).get(random.nextInt(4)))
                .build();
    }
}
