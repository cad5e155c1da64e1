package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.Settings.Resolution;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The properties of a schedule that are drawn once, from its seed. Times in milliseconds.
 *
 * @param seed the seed from which it was drawn
 * @param faults the faults that happen in it
 * @param replicas names of the replicas
 * @param partitions partitions of the dataset
 * @param keys keys of the dataset
 * @param settings those of the first replica
 * @param faultRounds how many rounds pass until the faults stop
 * @param writeGapMs mean time from one write of a partition to the next
 * @param maxLagMs longest time of a write from the feed into a writes log
 * @param maxSkewMs largest difference between two clocks
 * @param maxConsumeMs longest time of a write event from the log into a reconciler
 * @param maxDelayMs longest time of a control message or a repair on its way
 * @param logAppendTime whether write events carry the broker's time, or are stamped when first seen
 * @param progress whether replicas send progress events
 * @param trafficGoesOn whether writes continue after the faults have stopped
 * @param membership which replicas own which partitions, and when that changes
 * @param choices true: a person settles conflicts by a choice; false: a write that has seen all sides settles them
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
        boolean trafficGoesOn,
        boolean choices,
        Membership membership) {

    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final List<String> NAMES = List.of("ap", "eu", "jp", "uk", "us");
    private static final Set<Fault> MAY_COME_WITH_A_FLOOD = EnumSet.of(
            Fault.MESSAGE_LOSS,
            Fault.MESSAGE_DUPLICATION,
            Fault.MESSAGE_REORDERING,
            Fault.MESSAGE_DELAY,
            Fault.REPAIR_LOSS,
            Fault.REPAIR_DUPLICATION);
    private static final Set<Fault> MAY_COME_WITH_A_MOVE = EnumSet.of(
            Fault.LOST_WRITE,
            Fault.LOST_DELETE,
            Fault.STALE,
            Fault.MESSAGE_LOSS,
            Fault.MESSAGE_DUPLICATION,
            Fault.MESSAGE_REORDERING,
            Fault.MESSAGE_DELAY,
            Fault.REPAIR_LOSS,
            Fault.REPAIR_DUPLICATION,
            Fault.RESTART,
            Fault.CRASH,
            Fault.BACKLOG,
            Fault.EVENT_DUPLICATION,
            Fault.EXPIRY,
            Fault.HOT_KEY,
            Fault.SCAN,
            Fault.PROBE);
    private static final Set<Fault> MAY_COME_WITH_A_CHOICE = EnumSet.of(
            Fault.LOST_WRITE,
            Fault.LOST_DELETE,
            Fault.STALE,
            Fault.CORRUPT,
            Fault.DROPPED,
            Fault.MESSAGE_LOSS,
            Fault.MESSAGE_DUPLICATION,
            Fault.MESSAGE_REORDERING,
            Fault.MESSAGE_DELAY,
            Fault.REPAIR_LOSS,
            Fault.REPAIR_DUPLICATION,
            Fault.RESTART,
            Fault.BACKLOG,
            Fault.EVENT_DUPLICATION,
            Fault.HOT_KEY,
            Fault.SCAN,
            Fault.PROBE);
    private static final Set<Fault> MAY_COME_WITH_A_SPREAD_LOSS =
            EnumSet.of(Fault.MESSAGE_DUPLICATION, Fault.REPAIR_LOSS, Fault.REPAIR_DUPLICATION);
    private static final int INTERVAL_MS = 10_000;
    private static final List<Integer> GRACES_MS =
            List.of(1_000, 1_000, 2_000, 2_000, 2_000, 2_000, 4_000, 4_000, 4_000, 12_000);

    static Plan draw(long seed) {
        return draw(seed, Changes.NONE);
    }

    /**
     * Faults and settings that were added later are drawn from further sources of random numbers. So a seed that failed once
     * keeps its schedule, as far as possible, when more is added. {@link Changes#plain} leaves the additions out.
     */
    static Plan draw(long seed, Changes changes) {
        SplittableRandom random = new SplittableRandom(seed);
        SplittableRandom further = new SplittableRandom(seed ^ 0x6A09E667F3BCC909L);
        SplittableRandom moving = new SplittableRandom(seed ^ 0xF0B4B1B94408AB71L);
        boolean moves = !changes.plain()
                && moving.nextInt(100) < 14
                && Collections.disjoint(changes.without(), List.of(Fault.JOIN, Fault.PROMOTION, Fault.LEAVE));
        int drawnReplicas = 2 + random.nextInt(4);
        List<String> replicas = NAMES.subList(
                0, Changes.orDrawn(changes.replicas(), moves ? Math.max(3, drawnReplicas) : drawnReplicas));
        int graceMs = GRACES_MS.get(random.nextInt(GRACES_MS.size()));
        int maxSkewMs = random.nextInt(Math.min(2_000, graceMs * 2 / 5));
        int keys = Changes.orDrawn(changes.keys(), 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 15));
        Set<Fault> faults = faults(random);
        if (!changes.plain()) {
            addLater(faults, further);
        }
        allowed(faults).removeAll(changes.without());
        int partitions = Changes.orDrawn(changes.partitions(), 1 + random.nextInt(3) / 2 + random.nextInt(3) / 2);
        Settings settings = settings(replicas, graceMs, random);
        settings = changes.plain() ? settings : addedLater(settings, further);
        settings = settings.changed()
                .expirySlotsPerSegment(
                        List.of(0, 8, 1_000).get(new SplittableRandom(seed ^ 0x59F111F1B605D019L).nextInt(3)))
                .maxEntriesPerRound(new SplittableRandom(seed ^ 0x923F82A4AF194F9BL).nextInt(8) == 0 ? 3 : 100_000)
                .build();
        int symbols = List.of(0, 3, 16, 128).get(new SplittableRandom(seed ^ 0x2748774CDF8EEB99L).nextInt(4));
        settings = settings.changed()
                .symbols(changes.symbols() < 0 ? symbols : changes.symbols())
                .build();
        SplittableRandom latest = new SplittableRandom(seed ^ 0x3C6EF372FE94F82BL);
        if (!changes.plain() && latest.nextInt(5) == 0) {
            settings = settings.changed()
                    .resolution(Resolution.VECTOR)
                    .primary(null)
                    .sources(List.of())
                    .compareValues(false)
                    .build();
            // Writes of its own raise a replica's watermark as if it had applied those of others, too.
            boolean progressOnly = latest.nextBoolean();
            settings = settings.changed()
                    .progress(progressOnly ? Progress.EVENTS : Progress.WRITES)
                    .build();
            if (!progressOnly) {
                faults.removeIf(fault -> fault.kind == Fault.Kind.LAG);
            }
        }
        SplittableRandom floods = new SplittableRandom(seed ^ 0x582D6717A91D279DL);
        int drawn = floods.nextInt(100);
        Fault flood = drawn < 5 ? Fault.WRONG_PARTITIONER : Fault.MASS_LOSS;
        boolean floodComes = !changes.plain()
                && drawn < 9
                && graceMs < INTERVAL_MS / 2
                && !changes.without().contains(flood);
        if (floodComes) {
            faults.removeIf(fault -> !MAY_COME_WITH_A_FLOOD.contains(fault));
            if (flood == Fault.WRONG_PARTITIONER) {
                faults.remove(Fault.MESSAGE_LOSS);
                faults.remove(Fault.MESSAGE_DELAY);
                faults.remove(Fault.MESSAGE_REORDERING);
            }
            faults.add(flood);
            partitions = 2;
            keys = 60 + floods.nextInt(40);
            settings = settings.changed()
                    .resolution(Resolution.LATEST)
                    .primary(null)
                    .sources(List.of())
                    .compareValues(false)
                    .maxSegmentsPerRound(256)
                    .maxEntriesPerRound(100_000)
                    .floodMinKeys(5)
                    .floodFraction(0.1 + floods.nextInt(20) / 100.0)
                    .build();
        }
        SplittableRandom spreading = new SplittableRandom(seed ^ 0xA54FF53A5F1D36F1L);
        boolean lossIsSpread = !changes.plain()
                && spreading.nextInt(100) < 5
                && !floodComes
                && graceMs < INTERVAL_MS / 2
                && !changes.without().contains(Fault.SPREAD_LOSS);
        if (lossIsSpread) {
            faults.removeIf(fault -> !MAY_COME_WITH_A_SPREAD_LOSS.contains(fault));
            faults.add(Fault.SPREAD_LOSS);
            partitions = 6 + spreading.nextInt(5);
            keys = partitions * (5 + spreading.nextInt(4));
            settings = spreading(settings, spreading);
            floodComes = true;
        }
        moves = moves && !floodComes;
        boolean returns = moves
                && new SplittableRandom(seed ^ 0xA54FF53A5F1D36F1L).nextInt(100) < 30
                && !changes.without().contains(Fault.RETURN);
        SplittableRandom proofs = new SplittableRandom(seed ^ 0x9B05688C2B3E6C1FL);
        boolean needsProof = !changes.plain()
                && !floodComes
                && !moves
                && settings.rules().resolution() != Resolution.VECTOR
                && proofs.nextInt(100) < 25;
        SplittableRandom more = new SplittableRandom(seed ^ 0x983E5152EE66DFABL);
        if (needsProof) {
            settings = needingProof(faults, settings, more.nextBoolean(), proofs);
            if (new SplittableRandom(seed ^ 0x1F83D9ABFB41BD6BL).nextInt(3) == 0) {
                settings = settings.changed().progress(Progress.GROUP).build();
            }
            faults.removeAll(changes.without());
        }
        if (moves) {
            faults.removeIf(fault -> !MAY_COME_WITH_A_MOVE.contains(fault));
            boolean anyRule = returns && settings.rules().resolution() != Resolution.VECTOR && more.nextInt(2) == 0;
            if (anyRule) {
                // Only an owner can be the primary; the first replica never leaves.
                Resolution rule = more.nextBoolean() ? Resolution.PRIMARY : Resolution.MAJORITY;
                settings = settings.changed()
                        .resolution(rule)
                        .primary(rule == Resolution.PRIMARY ? replicas.get(0) : null)
                        .sources(List.of())
                        .compareValues(false)
                        .build();
            } else if (settings.rules().resolution() != Resolution.VECTOR) {
                settings = settings.changed()
                        .resolution(Resolution.LATEST)
                        .primary(null)
                        .sources(List.of())
                        .compareValues(false)
                        .build();
            }
        }
        if (returns) {
            faults.add(Fault.RETURN);
            faults.remove(
                    Fault.STALE); // tombstones are remembered for a short time: nobody knows any more what is stale
            long validityMs = settings.times().repairTimeoutMs() + INTERVAL_MS;
            settings = settings.changed()
                    .repairValidityMs(validityMs)
                    .tombstoneRetentionMs(Math.max(validityMs, settings.times().patienceMs()) + INTERVAL_MS)
                    .build();
        }
        SplittableRandom choosing = new SplittableRandom(seed ^ 0x1F83D9ABFB41BD6BL);
        boolean choiceIsLost = !changes.plain()
                && choosing.nextInt(100) < 9
                && !moves
                && !floodComes
                && !needsProof
                && settings.rules().resolution() != Resolution.VECTOR
                && !changes.without().contains(Fault.CHOICE_LOST);
        if (choiceIsLost) {
            faults.removeIf(fault -> !MAY_COME_WITH_A_CHOICE.contains(fault));
            faults.add(Fault.CORRUPT);
            faults.add(Fault.CHOICE_LOST);
            // Not with a primary, which decides unless it lacks a proof; nor with vectors, where each choice makes a
            // new vector.
            boolean byLatest = more.nextInt(3) == 0;
            settings = settings.changed()
                    .resolution(byLatest ? Resolution.LATEST : Resolution.MAJORITY)
                    .primary(null)
                    .sources(List.of())
                    .compareValues(choosing.nextBoolean() && !byLatest)
                    .repairValidityMs(60L * INTERVAL_MS)
                    .tombstoneRetentionMs(7 * 86_400_000L)
                    .build();
        }
        SplittableRandom histories = new SplittableRandom(seed ^ 0x510E527FADE682D1L);
        boolean historyIsLost = !changes.plain() && !floodComes && !moves && !choiceIsLost;
        if (historyIsLost && histories.nextInt(100) < 20) {
            loseHistory(faults, histories);
            faults.removeAll(changes.without());
        }
        SplittableRandom partial = new SplittableRandom(seed ^ 0xCBBB9D5DC1059ED8L);
        boolean conflictsCome = choiceIsLost || settings.rules().resolution() == Resolution.VECTOR;
        boolean partlyHeard = !changes.plain()
                && replicas.size() > 2
                && !floodComes
                && (conflictsCome || !moves && (needsProof || faults.contains(Fault.CORRUPT)))
                && partial.nextInt(100) < (conflictsCome ? 85 : 30)
                && !changes.without().contains(Fault.PARTIAL_REPORT);
        if (partlyHeard) {
            faults.add(Fault.PARTIAL_REPORT);
        }
        if (settings.rules().resolution() == Resolution.PRIMARY
                && !moves
                && !floodComes
                && !faults.contains(Fault.NO_PROGRESS)
                && more.nextInt(3) == 0) {
            // Without progress events nothing would prove what a primary with writers of its own has seen.
            settings = settings.changed().progress(Progress.EVENTS).build();
        }
        SplittableRandom clocks = new SplittableRandom(seed ^ 0x428A2F98D728AE22L);
        if (!changes.plain()
                && clocks.nextInt(100) < 8
                && !moves
                && !floodComes
                && !choiceIsLost
                && !changes.without().contains(Fault.CLOCK_STEP)) {
            faults.add(Fault.CLOCK_STEP);
            // A position that is ahead cannot be distinguished from a clock that is behind.
            faults.remove(Fault.AHEAD_POSITION);
        }
        boolean newestWins = settings.rules().resolution() == Resolution.LATEST
                || settings.rules().resolution() == Resolution.VECTOR;
        if (!changes.plain() && newestWins && !moves && !floodComes) {
            drawLoad(faults, settings, graceMs, more);
            faults.removeAll(changes.without());
        }
        SplittableRandom unreadable = new SplittableRandom(seed ^ 0xB5C0FBCFEC4D3B2FL);
        if (!changes.plain()
                && unreadable.nextInt(100) < 8
                && !floodComes
                && !choiceIsLost
                && !changes.without().contains(Fault.UNREADABLE_EVENT)) {
            // Not with a flood, of which each key is counted, nor where a choice must be carried out: an unread side
            // cannot be.
            faults.add(Fault.UNREADABLE_EVENT);
        }
        if (settings.rules().resolution() != Resolution.LATEST
                && faults.stream().anyMatch(Plan::isBehind)) {
            // Positions ahead of their time do not show which of two entries was first.
            faults.remove(Fault.AHEAD_POSITION);
        }
        int rounds = Changes.orDrawn(changes.rounds(), 2 + random.nextInt(5)) + (moves || partlyHeard ? 3 : 0);
        int absentMs = (int) settings.times().tombstoneRetentionMs() + 6 * INTERVAL_MS;
        if (returns) {
            rounds = Math.max(rounds, (absentMs + Membership.ADOPTED_MS) / INTERVAL_MS + 4);
        }
        Membership membership = returns
                ? Membership.returning(moving, replicas, absentMs)
                : moves
                        ? Membership.draw(
                                moving,
                                replicas,
                                partitions,
                                rounds * INTERVAL_MS,
                                settings.times().tombstoneRetentionMs() > 3_600_000)
                        : Membership.none(replicas);
        return new Plan(
                seed,
                faults,
                replicas,
                partitions,
                keys,
                settings,
                rounds,
                writeGapMs(random, replicas.size(), floodComes),
                1 + random.nextInt(graceMs - maxSkewMs - 200),
                maxSkewMs,
                1 + random.nextInt(List.of(20, 200, 2_000).get(random.nextInt(3))),
                2 + random.nextInt(List.of(10, 150, 500).get(random.nextInt(3))),
                random.nextBoolean(),
                random.nextInt(3) > 0 && !faults.contains(Fault.NO_PROGRESS)
                        || floodComes
                        || settings.rules().progress() == Progress.EVENTS,
                random.nextBoolean(),
                latest.nextBoolean(),
                membership);
    }

    /** Lets any rule decide, with limits of the flood guard that no partition exceeds by itself. */
    private static Settings spreading(Settings settings, SplittableRandom random) {
        List<String> replicas = settings.replicas();
        List<Resolution> rules = new ArrayList<>(List.of(Resolution.LATEST, Resolution.VECTOR, Resolution.PRIMARY));
        if (replicas.size() > 2) {
            rules.add(Resolution.MAJORITY);
        }
        Resolution resolution = rules.get(random.nextInt(rules.size()));
        return settings.changed()
                .resolution(resolution)
                .primary(resolution == Resolution.PRIMARY ? replicas.get(random.nextInt(replicas.size())) : null)
                .sources(List.of())
                .progress(resolution == Resolution.VECTOR ? Progress.EVENTS : Progress.WRITES)
                .compareValues(false)
                .maxSegmentsPerRound(256)
                .maxEntriesPerRound(100_000)
                .floodMinKeys(10)
                .floodFraction(0.1 + random.nextInt(20) / 100.0)
                .build();
    }

    /** Lets an older entry win, and keeps the replicas by whose authority it wins from seeing what is written. */
    private static Settings needingProof(Set<Fault> faults, Settings settings, boolean idle, SplittableRandom random) {
        boolean byPrimary = random.nextBoolean();
        faults.removeIf(fault -> isBehind(fault) || fault == Fault.CLOCK_JUMP);
        faults.add(byPrimary ? idle ? Fault.IDLE_PRIMARY : Fault.PRIMARY_DOWN : Fault.DEAD_VOTER);
        if (random.nextBoolean()) {
            faults.add(Fault.BACKFILL);
        }
        if (random.nextInt(3) == 0) {
            faults.add(Fault.NO_PROGRESS);
        }
        List<String> replicas = settings.replicas();
        return settings.changed()
                .resolution(byPrimary ? Resolution.PRIMARY : Resolution.MAJORITY)
                .primary(byPrimary ? replicas.get(random.nextInt(replicas.size())) : null)
                .sources(List.of())
                .progress(Progress.WRITES)
                .compareValues(random.nextBoolean())
                .build();
    }

    /**
     * Where the newest wins, no proof of progress is asked for: replicas without progress events, and old positions, must not keep
     * anything from being repaired. With a grace longer than an interval, a replica that lags would be behind a late write for longer
     * than patience.
     */
    private static void drawLoad(Set<Fault> faults, Settings settings, int graceMs, SplittableRandom random) {
        boolean lags = faults.stream().anyMatch(fault -> fault.kind == Fault.Kind.LAG);
        if (random.nextInt(100) < 6 && settings.rules().progress() != Progress.EVENTS) {
            faults.add(Fault.NO_PROGRESS);
        }
        if (random.nextInt(100) < 6 && (!lags || graceMs < INTERVAL_MS)) {
            faults.add(Fault.BACKFILL);
        }
    }

    /** A reconciler loses its table, or its writes topic loses records. */
    private static void loseHistory(Set<Fault> faults, SplittableRandom random) {
        Fault fault =
                List.of(Fault.STATE_LOST, Fault.TRIMMED, Fault.LOG_WENT_BACK).get(random.nextInt(3));
        faults.add(fault);
        // What only this fault explains must stay distinguishable.
        faults.remove(Fault.DISK_LOST);
        faults.remove(Fault.CLOCK_JUMP);
        if (fault == Fault.STATE_LOST) {
            faults.add(Fault.LOST_DELETE);
        }
        if (fault != Fault.STATE_LOST || random.nextInt(4) > 0) {
            faults.removeAll(Set.of(Fault.SCAN, Fault.SILENT_CORRUPT, Fault.SILENT_LOSS));
        }
        if (fault == Fault.LOG_WENT_BACK) {
            // A table that is lost afterwards loses the note of what the topic lacks, too.
            faults.removeAll(Set.of(Fault.LOST_EVENT, Fault.LATE_EVENT, Fault.RECONCILER_DISK_LOST));
        }
    }

    /** Whether a delete may be forgotten while a replica holds what was deleted. */
    boolean mayForgetDeletes() {
        return has(Fault.STATE_LOST)
                || has(Fault.TRIMMED)
                || has(Fault.LOG_WENT_BACK)
                || settings.times().tombstoneRetentionMs() < 3_600_000;
    }

    /** Whether datastores are scanned. */
    boolean scans() {
        return has(Fault.SCAN) || isSilent() || has(Fault.MASS_LOSS);
    }

    /** Longest outage of the replicas by whose authority an entry wins. */
    int authorityDownMs() {
        return has(Fault.PRIMARY_DOWN) || has(Fault.IDLE_PRIMARY) || has(Fault.DEAD_VOTER)
                ? (int) settings.times().patienceMs() + 40_000
                : 0;
    }

    /** Whether a round may end before everything is compared, so that divergences are estimated from a part. */
    boolean mayBeCutOff() {
        return has(Fault.MESSAGE_LOSS)
                || has(Fault.MESSAGE_DELAY)
                || has(Fault.MESSAGE_REORDERING)
                || has(Fault.PARTIAL_REPORT);
    }

    /** Mean time between writes; long where keys must stay divergent until a person approves. */
    private static int writeGapMs(SplittableRandom random, int replicas, boolean floodComes) {
        int drawn = List.of(300, 900, 2_000, 6_000).get(random.nextInt(4)) * replicas / 2;
        return floodComes ? 10_000 : drawn;
    }

    /** Whether some writes are made at the primary, which the others receive from the feed as the primary receives theirs. */
    boolean primaryHasWriters() {
        return settings.rules().resolution() == Resolution.PRIMARY
                && settings.rules().progress() == Progress.EVENTS;
    }

    /** Whether versions are vectors. */
    boolean hasVectors() {
        return settings.rules().resolution() == Resolution.VECTOR;
    }

    boolean has(Fault fault) {
        return faults.contains(fault);
    }

    boolean has(Fault.Kind kind) {
        return faults.stream().anyMatch(fault -> fault.kind == kind)
                || kind == Fault.Kind.DATASTORE && moves() && !membership.followed();
    }

    /** Faults of datastores, except those of joining. */
    List<Fault> loses() {
        return faults.stream()
                .filter(fault -> fault.kind == Fault.Kind.DATASTORE)
                .toList();
    }

    /** Whether owners of partitions change. */
    boolean moves() {
        return !membership.changes().isEmpty();
    }

    /** The replica that lags with {@link Fault#SLOW}. */
    String slow() {
        return replicas.get((int) (seed % replicas.size()));
    }

    /**
     * Whether the slow replica may never hold what wins: it writes to a hot key again before it has applied what the others wrote. If
     * the link of the only other holder were broken, nothing could be done.
     */
    boolean slowNeverHoldsTheWinner() {
        return has(Fault.SLOW) && settings.rules().resolution() == Resolution.VECTOR;
    }

    /** Longest time of a write from the feed into a writes log. */
    long longestLagMs() {
        return has(Fault.SLOW) ? maxLagMs + settings.times().patienceMs() : maxLagMs;
    }

    /** Whether the newer of two entries wins, whichever replica holds it. */
    boolean newestWins() {
        return settings.rules().resolution() == Resolution.LATEST
                || settings.rules().resolution() == Resolution.VECTOR;
    }

    /** Longest outage of a replica that never receives the writes that it missed. */
    int outlastedMs() {
        return has(Fault.OUTLASTED) ? (int) settings.times().patienceMs() + 60_000 : 0;
    }

    /** Whether a fault happens that only a scan finds. */
    boolean isSilent() {
        return has(Fault.SILENT_CORRUPT) || has(Fault.SILENT_LOSS) || has(Fault.TRIMMED) || has(Fault.LOG_WENT_BACK);
    }

    /** How long after the end of the faults all datastores are scanned: reconcilers are then up and outages over. */
    long scanAfterMs() {
        return 50_000
                + longestLagMs()
                + outlastedMs()
                + (has(Fault.LONG_OUTAGE) ? settings.times().patienceMs() : 0)
                + authorityDownMs();
    }

    /** When that scan has ended; before the end of the faults if no scan is needed. */
    long scannedMs(long faultsEndMs) {
        return isSilent() ? faultsEndMs + scanAfterMs() + 60_000 : 0;
    }

    Settings settings(String replica) {
        Settings own = settings.of(replica);
        return descendsTreesAlone(replica) ? own.changed().symbols(0).build() : own;
    }

    /** How much the rounds of all partitions and replicas may take up together: in one schedule of eight, hardly anything. */
    long roundMemory() {
        SplittableRandom memory = new SplittableRandom(seed ^ 0x12835B0145706FBEL);
        long forEarlyMessages = 4_096L * partitions * replicas.size();
        return memory.nextInt(8) == 0
                ? forEarlyMessages + memory.nextLong(3L * keys * RoundMemory.BYTES_PER_ENTRY)
                : Long.MAX_VALUE;
    }

    /** In one schedule of four, the first replica keeps no symbols, whatever the others do. */
    private boolean descendsTreesAlone(String replica) {
        return replica.equals(replicas.get(0)) && mixture() < 2;
    }

    /** In half of these, it has an earlier version that does not know what the others send. */
    boolean knows(String replica, Message.Body body) {
        boolean ofSketches = body instanceof Message.Symbols || body instanceof Message.Entries;
        return !ofSketches || !descendsTreesAlone(replica) || mixture() > 0;
    }

    private int mixture() {
        return new SplittableRandom(seed ^ 0x71374491428A2F98L).nextInt(8);
    }

    /** Two schedules in five have no fault of a datastore: nothing may be repaired in them. */
    private static Set<Fault> faults(SplittableRandom random) {
        boolean datastoresFail = random.nextInt(5) >= 2;
        boolean manyKinds = random.nextInt(3) == 0;
        List<Fault> candidates = new ArrayList<>(List.of(Fault.values()));
        candidates.removeIf(fault -> fault.isAddedLater() || fault.kind == Fault.Kind.DATASTORE && !datastoresFail);
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
        return faults;
    }

    /** Faults of datastores are added only where there are some already: two schedules in five stay without. */
    private static void addLater(Set<Fault> faults, SplittableRandom random) {
        boolean datastoresFail = faults.stream().anyMatch(fault -> fault.kind == Fault.Kind.DATASTORE);
        boolean manyKinds = random.nextInt(3) == 0;
        for (Fault fault : Fault.values()) {
            boolean struck = !fault.isDrawnSeparately() && random.nextInt(manyKinds ? 3 : 8) == 0;
            if (fault.isAddedLater() && struck && (datastoresFail || fault.kind != Fault.Kind.DATASTORE)) {
                faults.add(fault);
            }
        }
    }

    /** Whether a fault keeps a replica from applying writes in time. */
    private static boolean isBehind(Fault fault) {
        return fault.kind == Fault.Kind.LAG || fault == Fault.LONG_OUTAGE || fault == Fault.OUTLASTED;
    }

    /** Removes faults that would make others meaningless. */
    private static Set<Fault> allowed(Set<Fault> faults) {
        if (faults.contains(Fault.OUTLASTED)) {
            faults.remove(Fault.SHORT_OUTAGE);
            faults.remove(Fault.LONG_OUTAGE);
        }
        if (faults.stream().anyMatch(Plan::isBehind)) {
            // A watermark does not cover writes that arrive long after their position.
            faults.remove(Fault.LATE_POSITION);
        }
        if (faults.contains(Fault.SLOW)) {
            faults.remove(Fault.SHORT_OUTAGE);
        }
        return faults;
    }

    /** Settings added later; one schedule in three has another resolution than the latest. */
    private static Settings addedLater(Settings settings, SplittableRandom random) {
        Settings.Builder changed = settings.changed();
        String primary =
                settings.replicas().get(random.nextInt(60) % settings.replicas().size());
        boolean source = random.nextBoolean();
        boolean values = random.nextBoolean();
        switch (random.nextInt(9)) {
            case 0 -> changed.resolution(Resolution.MAJORITY).compareValues(values);
            case 1, 2 ->
                changed.resolution(Resolution.PRIMARY)
                        .primary(primary)
                        .sources(source ? List.of(primary) : List.of())
                        .compareValues(values);
            default -> {}
        }
        if (random.nextInt(6) == 0) {
            changed.repairsPerRound(1 + random.nextInt(5));
        }
        if (random.nextInt(3) == 0) {
            long validityMs =
                    settings.times().repairTimeoutMs() + settings.times().intervalMs();
            changed.repairValidityMs(validityMs)
                    .tombstoneRetentionMs(Math.max(validityMs, settings.times().patienceMs())
                            + settings.times().intervalMs());
        }
        return changed.build();
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
                .floodMinKeys(1_000)
                .maxSegmentsPerRound(List.of(4, 64, 256).get(random.nextInt(3)))
                .maxEntriesPerMessage(List.of(1, 3, 20, 1_000).get(random.nextInt(4)))
                .build();
    }
}
