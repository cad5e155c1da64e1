package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The datastore of one replica and partition: applies the feed and its repairs in order, each only if it holds nothing newer,
 * and appends a write event for what it then holds.
 */
final class Store {

    private static final int FAULT_ONE_IN = 12;

    final String replica;

    WritesLog log;

    private long fedMs = Long.MIN_VALUE;
    private final World world;
    private final Feed feed;
    private final SplittableRandom random;
    private final long clockOffsetMs;
    private final int usualLagMs;
    private final boolean ownVersions;
    private final TreeMap<String, HeldValue> entries = new TreeMap<>();
    private final Map<String, List<HeldValue>> past = new HashMap<>();
    private final List<Long> dueMs = new ArrayList<>();
    private final List<Long> deliveredMs = new ArrayList<>();
    private final List<Runnable> deferred = new ArrayList<>();
    private final Map<String, Long> highestVersions = new HashMap<>();

    private final Map<String, Long> lastOffsets = new HashMap<>();
    /** Faults of rows for which no write event was written, by key. */
    private final Map<String, Fault> silentFaults = new TreeMap<>();
    /** When a row that had vanished without a write event was last seen to be written again, by key; never if it was not. */
    private final Map<String, Long> lackedUntilMs = new HashMap<>();
    /** Values that rows had because of a silent fault. */
    private final Set<HeldValue> silentlyCorrupt = new HashSet<>();
    /** Write events that make the view of their key wrong, by offset. */
    private final Map<Long, Fault> wrongEvents = new HashMap<>();

    /** Writes of the feed that a writer wrote at this replica, by index. */
    private final Set<Integer> own = new HashSet<>();

    /** Draws which events cannot be read. */
    private final SplittableRandom unreadable;

    private String deafTo;
    private boolean out;
    /** Whether nothing arrives from the feed. */
    private boolean idle;
    /** Scans under way. */
    private int scans;
    /** When the latest outage or scan ended. */
    private long undisturbedSinceMs;
    /** Whether it holds nothing of the partition because it does not own it, and receives nothing of it. */
    private boolean away;
    /** How often everything was lost. */
    private int losses;

    private final List<LostLog> lostLogs = new ArrayList<>();

    private long ownVersion;
    private long lastAppendMs;
    private Runnable appended = () -> {};

    /** What the log was before it lost records. */
    private record LostLog(WritesLog log, long atMs) {}

    Store(World world, String replica, Feed feed, SplittableRandom random) {
        this.world = world;
        this.replica = replica;
        this.feed = feed;
        this.random = random;
        this.log = new WritesLog(replica, random.split());
        this.unreadable =
                new SplittableRandom(world.plan.seed() ^ 0xE9B5DBA58189DBBCL ^ replica.hashCode() ^ world.feeds.size());
        this.clockOffsetMs = random.nextInt(world.plan.maxSkewMs() + 1);
        this.usualLagMs = usualLagMs();
        this.ownVersions = world.plan.settings().rules().compareValues();
    }

    private int usualLagMs() {
        Plan plan = world.plan;
        if (plan.has(Fault.SLOW) && replica.equals(plan.slow())) {
            world.truth.struck(Fault.SLOW);
            int graceMs = (int) plan.settings().times().graceMs();
            int most = (int) (plan.settings().times().patienceMs()
                    - plan.settings().times().intervalMs());
            return graceMs + random.nextInt(Math.max(1, most - graceMs));
        }
        return random.nextInt(plan.maxLagMs() / 2 + 1);
    }

    void whenAppended(Runnable action) {
        appended = action;
    }

    void beDeafTo(String key) {
        deafTo = key;
    }

    String deafTo() {
        return deafTo;
    }

    HeldValue get(String key) {
        return entries.get(key);
    }

    /** The fault that a write event reports, or null. */
    Fault wrongEvent(long offset) {
        return wrongEvents.get(offset);
    }

    /** Whether a record is the latest of its key so far. */
    boolean isLatestEvent(WritesLog.Event record) {
        return record.offset() >= lastOffsets.getOrDefault(record.key(), -1L);
    }

    /** When a write of the feed arrived here, or {@code Long.MAX_VALUE}. */
    long deliveredMs(Feed.Publication write) {
        if (own.contains(write.index())) {
            return write.publishedMs();
        }
        return write.index() < deliveredMs.size() ? deliveredMs.get(write.index()) : Long.MAX_VALUE;
    }

    /** The highest write of a key that arrived here, applied or not; null if none. */
    HeldValue expected(String key) {
        HeldValue expected = null;
        for (Feed.Publication write : feed.of(key)) {
            boolean came = write.index() < deliveredMs.size() || own.contains(write.index());
            if (came && write.held().newerThan(expected)) {
                expected = write.held();
            }
        }
        return expected;
    }

    /** The values of a key in the log at a time and since, also those in a log that was lost after that time. */
    List<HeldValue> valuesSince(String key, long timeMs) {
        List<HeldValue> values = new ArrayList<>(log.valuesSince(key, timeMs));
        lostLogs.stream()
                .filter(lost -> lost.atMs() >= timeMs)
                .forEach(lost -> values.addAll(lost.log().valuesSince(key, timeMs)));
        return values;
    }

    /** Whether a writer can write here. */
    boolean isUp() {
        return !out && !away;
    }

    /** Whether for some time no outage held back what arrives here, and no scan was under way. */
    boolean isUndisturbedFor(long ms) {
        return !out && !idle && scans == 0 && world.time.nowMs() >= undisturbedSinceMs + ms;
    }

    /** A writer writes here; the other replicas receive the write from the feed. */
    void written(Feed.Publication write) {
        own.add(write.index());
        HeldValue held = entries.get(write.key());
        if (write.key().equals(deafTo)) {
            world.truth.inject(Fault.DEAF_KEY, replica, write.key());
        } else if (write.held().newerThan(held)) {
            emit(write.key(), put(write.key(), write.held()), null, null);
        }
    }

    /** A write is on its way from the feed. */
    void published(Feed.Publication write) {
        long at = world.time.nowMs() + usualLagMs + random.nextInt(world.plan.maxLagMs() / 5 + 1);
        dueMs.add(at);
        world.time.at(at, this::applyDue);
    }

    /** @param outlasted true: what the feed publishes during the outage never arrives */
    void outage(long untilMs, boolean outlasted) {
        out = true;
        world.time.at(untilMs, () -> {
            out = false;
            undisturbedSinceMs = world.time.nowMs();
            if (outlasted) {
                skipFeed(Fault.OUTLASTED);
            }
            applyDue();
            catchUp();
        });
    }

    /** Nothing of the feed is applied until a time, but repairs are. */
    void idle(long untilMs) {
        idle = true;
        world.time.at(untilMs, () -> {
            idle = false;
            undisturbedSinceMs = world.time.nowMs();
            applyDue();
        });
    }

    private void catchUp() {
        List<Runnable> waiting = List.copyOf(deferred);
        deferred.clear();
        waiting.forEach(Runnable::run);
    }

    /** The schedule begins. */
    void begin(boolean owner) {
        away = !owner && !world.plan.membership().followed();
    }

    /** The replica begins to own the partition: with what it has followed, or with nothing. */
    void join(Node node) {
        if (!away) {
            world.truth.struck(Fault.PROMOTION);
            return;
        }
        away = false;
        if (world.plan.has(Fault.RETURN)) {
            world.trace.add(world.time.nowMs(), node.ofPartition(), () -> node + " returns with what it held");
            skipFeed(Fault.RETURN);
            applyDue();
            catchUp();
            return;
        }
        world.trace.add(world.time.nowMs(), node.ofPartition(), () -> node + " joins with nothing");
        world.truth.struck(Fault.JOIN);
        if (log.size() > 0) {
            loseEverything(Fault.JOIN);
            node.beginAnew();
        }
        skipFeed(Fault.JOIN);
        applyDue();
        catchUp();
    }

    /** The replica no longer owns the partition, and applies nothing from now on. */
    void leave() {
        away = !world.plan.membership().followed();
    }

    private void skipFeed(Fault fault) {
        while (deliveredMs.size() < feed.size()) {
            Feed.Publication write = feed.get(deliveredMs.size());
            deliveredMs.add(world.time.nowMs());
            world.truth.inject(fault, replica, write.key());
            world.trace.add(world.time.nowMs(), write.key(), () -> replica + " never receives " + write.held());
        }
    }

    /** Everything is gone; the writes topic begins anew. */
    void loseEverything(Fault fault) {
        entries.keySet().forEach(key -> world.truth.inject(fault, replica, key));
        silentFaults.keySet().forEach(key -> world.truth.injectNoticed(fault, replica, key));
        entries.clear();
        past.clear();
        wrongEvents.clear();
        highestVersions.clear();
        lastOffsets.clear();
        silentFaults.clear();
        lostLogs.add(new LostLog(log, world.time.nowMs()));
        log = new WritesLog(replica, random.split());
        losses++;
        scans = 0;
    }

    /** The last records of the log vanish; the rows stay. */
    void logWentBack(Node node) {
        int lost = 1 + random.nextInt(12);
        lostLogs.add(new LostLog(log.copy(), world.time.nowMs()));
        List<WritesLog.Event> gone = log.truncate(Math.max(log.first(), log.size() - lost));
        world.trace.add(
                world.time.nowMs(),
                node.ofPartition(),
                () -> "the log of " + node + " loses " + gone.size() + " records");
        lastOffsets.clear();
        for (int i = log.first(); i < log.size(); i++) {
            if (log.get(i).key() != null) {
                lastOffsets.put(log.get(i).key(), log.get(i).offset());
            }
        }
        wrongEvents.keySet().removeIf(offset -> offset >= log.endOffset());
        node.historyChanged();
        gone.stream()
                .filter(event -> event.key() != null)
                .forEach(event -> world.truth.inject(Fault.LOG_WENT_BACK, replica, event.key()));
    }

    private void applyDue() {
        while (isUp()
                && !idle
                && deliveredMs.size() < feed.size()
                && dueMs.get(deliveredMs.size()) <= world.time.nowMs()) {
            Feed.Publication write = feed.get(deliveredMs.size());
            deliveredMs.add(world.time.nowMs());
            if (!own.contains(write.index())) {
                apply(write);
            }
        }
    }

    private void apply(Feed.Publication write) {
        Fault loss = loss(write);
        if (loss != null) {
            world.truth.inject(loss, replica, write.key());
            world.trace.add(
                    world.time.nowMs(), write.key(), () -> replica + " does not apply " + write.held() + ": " + loss);
            return;
        }
        HeldValue held = entries.get(write.key());
        if (write.held().newerThan(held)) {
            emit(write.key(), put(write.key(), write.held()), null, null);
        } else if (write.held().concurrentWith(held)) {
            world.disputes.arose();
            emit(write.key(), held, null, silentFaults.get(write.key()));
        }
    }

    private Fault loss(Feed.Publication write) {
        if (write.key().equals(deafTo)) {
            return Fault.DEAF_KEY;
        }
        if (write.held().value() == null) {
            return world.strikes(Fault.LOST_DELETE, random, FAULT_ONE_IN / 3) ? Fault.LOST_DELETE : null;
        }
        return world.strikes(Fault.LOST_WRITE, random, FAULT_ONE_IN) ? Fault.LOST_WRITE : null;
    }

    /** Stores an entry and returns it as it is reported: where values are compared, under a version of the replica's own. */
    private HeldValue put(String key, HeldValue held) {
        ownVersion = Math.max(ownVersion + 1, world.time.nowMs() + clockOffsetMs);
        HeldValue stored = ownVersions ? held.reportedAs(ownVersion) : held;
        entries.put(key, stored);
        silentFaults.remove(key);
        lackedUntilMs.computeIfPresent(key, (k, until) -> Math.min(until, world.time.nowMs()));
        past.computeIfAbsent(key, k -> new ArrayList<>()).add(stored);
        return stored;
    }

    private void emit(String key, HeldValue held, String repairId, Fault wrong) {
        if (repairId == null && world.strikes(Fault.LOST_EVENT, random, FAULT_ONE_IN)) {
            world.truth.inject(Fault.LOST_EVENT, replica, key);
            world.trace.add(world.time.nowMs(), key, () -> replica + " stores " + held + ", its write event is lost");
            return;
        }
        boolean late = repairId == null && world.strikes(Fault.LATE_EVENT, random, FAULT_ONE_IN);
        long wayMs = 1L + random.nextInt(world.plan.maxLagMs() / 5 + 1);
        if (late) {
            world.truth.inject(Fault.LATE_EVENT, replica, key);
            long delayMs = world.plan.settings().times().graceMs() + random.nextInt(30_000);
            long at = Math.min(world.time.nowMs() + delayMs, world.faultsEndMs);
            at(at + wayMs, () -> append(key, held, null, Fault.LATE_EVENT));
            return;
        }
        lastAppendMs = Math.max(lastAppendMs, world.time.nowMs() + wayMs);
        at(lastAppendMs, () -> {
            append(key, held, repairId, wrong);
            if (world.plan.has(Fault.EVENT_DUPLICATION) && random.nextInt(6) == 0) {
                world.truth.struck(Fault.EVENT_DUPLICATION);
                append(key, held, repairId, wrong);
            }
        });
    }

    /** Runs an action later, unless the datastore has lost everything by then. */
    private void at(long timeMs, Runnable action) {
        int mine = losses;
        world.time.at(timeMs, () -> {
            if (mine == losses) {
                action.run();
            }
        });
    }

    private void append(String key, HeldValue held, String repairId, Fault wrong) {
        long now = world.time.nowMs();
        Store there = misplaces(key) ? world.node((world.partition(key) + 1) % 2, replica).store : this;
        WritesLog.Event record =
                there.log.append(now, now + clockOffsetMs, key, held, repairId, isUnreadable(repairId != null));
        boolean overtaken = held.version() < highestVersions.merge(key, held.version(), Math::max);
        Fault older = world.plan.has(Fault.LATE_EVENT) ? Fault.LATE_EVENT : Fault.SILENT_LOSS;
        Fault fault = wrong == null && overtaken && world.plan.has(older) ? older : wrong;
        world.trace.add(
                now,
                key,
                () -> replica + " writes " + held + " at offset " + record.offset()
                        + (repairId == null ? "" : ", answering a repair")
                        + (record.unreadable() ? ", which cannot be read" : ""));
        world.trace.appended(key, now);
        there.lastOffsets.put(key, record.offset());
        if (fault != null) {
            there.wrongEvents.put(record.offset(), fault);
        }
        there.appended.run();
    }

    private boolean isUnreadable(boolean answers) {
        return world.strikes(Fault.UNREADABLE_EVENT, unreadable, answers ? 4 * FAULT_ONE_IN : FAULT_ONE_IN);
    }

    /** What the events of a key, lost since or not, state that cannot be read. */
    Stream<HeldValue> unreadable(String key) {
        return Stream.concat(Stream.of(log), lostLogs.stream().map(LostLog::log))
                .flatMap(each -> each.unreadable(key).stream())
                .map(event -> event.held());
    }

    /** What an event of a key, lost since or not, would state whose entry has a digest, if it could be read. */
    HeldValue unreadableOf(String key, Hash128 digest) {
        return Stream.concat(Stream.of(log), lostLogs.stream().map(LostLog::log))
                .flatMap(each -> each.unreadable(key).stream())
                .filter(event -> Write.unread(
                                world.hash,
                                replica,
                                key.getBytes(UTF_8),
                                Node.unreadableBytes(event),
                                event.offset(),
                                event.appendTimeMs())
                        .digest()
                        .equals(digest))
                .findFirst()
                .orElseThrow()
                .held();
    }

    /** Whether write events of a key are sent to the wrong partition. */
    private boolean misplaces(String key) {
        boolean wrong = world.plan.has(Fault.WRONG_PARTITIONER)
                && replica.equals(world.plan.replicas().get(0))
                && Integer.parseInt(key.substring(1)) / 2 % 2 == 0;
        if (wrong) {
            world.truth.struck(Fault.WRONG_PARTITIONER);
        }
        return wrong;
    }

    /**
     * Most rows vanish, and a scan finds it; where there are few, all but one. Never all: a replica that holds nothing is filled,
     * outside the flood guard.
     */
    void loseMost(Fault fault) {
        world.truth.struck(fault);
        String kept = entries.keySet().stream()
                .filter(key -> !entries.get(key).deadAt(world.time.nowMs()))
                .findFirst()
                .orElse(null);
        List<String> lost = new ArrayList<>();
        for (String key : keys()) {
            boolean mostly = random.nextInt(4) > 0;
            if (fault == Fault.MASS_LOSS ? mostly : !key.equals(kept)) {
                lost.add(key);
            }
        }
        if (lost.size() == keys().size()) {
            lost.remove(kept);
        }
        lost.forEach(key -> disturbSilently(Fault.SILENT_LOSS, key));
        scan("loss");
    }

    /** Up to which time the feed is applied, by what is committed in it; while the datastore is down, nothing is. */
    long fedMs() {
        if (isUp() && !idle) {
            fedMs = world.time.nowMs() - usualLagMs - world.plan.maxLagMs();
        }
        return fedMs;
    }

    /** Writes a progress event: up to which position the feed is applied. */
    void progress() {
        if (isUp() && !idle) {
            long appliedMs = world.time.nowMs() - usualLagMs - world.plan.maxLagMs();
            lastAppendMs = Math.max(lastAppendMs, world.time.nowMs());
            world.time.at(lastAppendMs, () -> {
                long now = world.time.nowMs();
                log.progress(now, now + clockOffsetMs, appliedMs);
                appended.run();
            });
        }
    }

    /** A repair has arrived, with the value that was read back. */
    void repair(Repair repair, HeldValue winner) {
        if (!isUp()) {
            deferred.add(() -> repair(repair, winner));
            return;
        }
        long now = world.time.nowMs();
        if (now + clockOffsetMs > repair.validUntilMs()) {
            return;
        }
        String key = World.text(repair.key());
        HeldValue held = entries.get(key);
        boolean applies = repair.condition().ifObserved() ? isObserved(repair, held) : isNoNewer(repair, held);
        world.trace.add(
                now,
                key,
                () -> replica + (applies ? " applies" : " declines") + " the repair of " + repair.supplier() + " by "
                        + winner + ", holding " + held);
        if (applies) {
            boolean own = ownVersions && repair.winner().deleted();
            HeldValue applied = !own ? winner : held == null ? HeldValue.nothing(repair) : held.withValue(null);
            emit(key, put(key, applied), repair.id(), null);
        } else {
            emit(key, held == null ? HeldValue.nothing(repair) : held, repair.id(), silentFaults.get(key));
        }
        world.truth.answered(this, key);
    }

    private static boolean isNoNewer(Repair repair, HeldValue held) {
        if (held == null || repair.winner().vector() == null) {
            return held == null || held.version() <= repair.winner().version();
        }
        VersionVector.Order order = held.vector().compare(repair.winner().vector());
        return order == VersionVector.Order.BEFORE || order == VersionVector.Order.EQUAL;
    }

    /** Whether the datastore holds the entry that the repair names as observed. */
    private boolean isObserved(Repair repair, HeldValue held) {
        EntrySummary observed = repair.condition().observed();
        if (held == null) {
            return observed == null || observed.version() == HeldValue.NOTHING;
        }
        return observed != null
                && held.reportedVersion() == observed.version()
                && (held.value() == null
                        ? observed.deleted()
                        : world.hash.value(held.value().getBytes(UTF_8)).equals(observed.digest()));
    }

    /** A fault happens to a key in this datastore, and is reported by a write event. */
    void disturb(Fault fault, String key) {
        HeldValue held = entries.get(key);
        if (held == null || held.deadAt(world.time.nowMs())) {
            return; // nobody knows any more what is older, once the others have forgotten that it is dead
        }
        HeldValue wrong = wrong(fault, key, held);
        if (HeldValue.same(world.time.nowMs(), ownVersions, wrong, held)) {
            return;
        }
        world.truth.inject(fault, replica, key);
        world.trace.add(world.time.nowMs(), key, () -> replica + " suffers " + fault + ": " + wrong);
        HeldValue stored = ownVersions ? put(key, wrong) : wrong;
        entries.put(key, stored);
        emit(key, stored, null, fault);
    }

    /** A fault happens to a key in this datastore without a write event. */
    void disturbSilently(Fault fault, String key) {
        HeldValue held = entries.get(key);
        if (held == null || held.deadAt(world.time.nowMs())) {
            return;
        }
        world.truth.struck(fault);
        world.trace.add(world.time.nowMs(), key, () -> replica + " suffers " + fault + " without a write event");
        silentFaults.put(key, fault);
        if (fault == Fault.SILENT_LOSS) {
            entries.remove(key);
            lackedUntilMs.put(key, Long.MAX_VALUE);
        } else {
            entries.put(key, held.withValue("rot" + random.nextInt(1_000_000)));
            silentlyCorrupt.add(entries.get(key));
        }
    }

    /**
     * The reconciler has read a row that a scan found: a silent fault of the row is known from now on. The datastore may have lost the
     * row since.
     */
    void rowFound(String key, HeldValue found) {
        if (silentlyCorrupt.contains(found)) {
            world.truth.injectNoticed(Fault.SILENT_CORRUPT, replica, key);
            world.truth.isWrong(replica, key, found);
        }
    }

    /** Whether a row had vanished without a write event, and was not written again before a time. */
    boolean lackedSilently(String key, long timeMs) {
        return lackedUntilMs.getOrDefault(key, Long.MIN_VALUE) >= timeMs;
    }

    /** The reconciler has read the end of a scan: rows not found are known to be lost from now on. */
    void lossesFound() {
        silentFaults.forEach((key, fault) -> {
            if (fault == Fault.SILENT_LOSS) {
                world.truth.injectNoticed(fault, replica, key);
            }
        });
    }

    /** Reads all rows, a few at a time, and writes them into the log between a start and an end. */
    void scan(String id) {
        scans++;
        inOrder(() -> {
            long now = world.time.nowMs();
            WritesLog.Event start =
                    log.scan(now, now + clockOffsetMs, null, null, new WritesLog.Scan(id, 0, -1), false);
            world.trace.add(now, key -> true, () -> replica + " starts scan " + id + " at offset " + start.offset());
            appended.run();
            scanRows(new WritesLog.Scan(id, start.offset(), 0), "");
        });
    }

    private void scanRows(WritesLog.Scan scan, String after) {
        List<String> rows =
                entries.tailMap(after, false).keySet().stream().limit(3).toList();
        rows.forEach(key -> {
            HeldValue held = entries.get(key);
            inOrder(() -> scanned(scan, key, held));
        });
        WritesLog.Scan next = new WritesLog.Scan(scan.id(), scan.since(), scan.found() + rows.size());
        if (rows.isEmpty()) {
            inOrder(() -> scanned(next, null, null));
        } else {
            at(world.time.nowMs() + random.nextInt(2_000), () -> scanRows(next, rows.get(rows.size() - 1)));
        }
    }

    private void scanned(WritesLog.Scan scan, String key, HeldValue held) {
        long now = world.time.nowMs();
        WritesLog.Event record =
                log.scan(now, now + clockOffsetMs, key, held, scan, key != null && isUnreadable(false));
        world.trace.add(
                now,
                other -> key == null || key.equals(other),
                () -> replica + (key == null ? " ends scan " : " finds " + held + " in scan ") + scan.id()
                        + (record.unreadable() ? ", which cannot be read," : "")
                        + " at offset " + record.offset());
        if (key != null) {
            world.trace.appended(key, now);
        }
        appended.run();
        if (key == null) {
            scans--;
            undisturbedSinceMs = now;
        }
    }

    /** Appends after everything that was scheduled before. */
    private void inOrder(Runnable append) {
        lastAppendMs = Math.max(lastAppendMs, world.time.nowMs() + 1 + random.nextInt(20));
        at(lastAppendMs, append);
    }

    private HeldValue wrong(Fault fault, String key, HeldValue held) {
        return switch (fault) {
            case STALE -> past.get(key).get(random.nextInt(past.get(key).size()));
            case CORRUPT -> held.withValue("rot" + random.nextInt(1_000_000));
            case DROPPED -> held.withValue(null);
            default -> throw new IllegalArgumentException("no disturbance: " + fault);
        };
    }

    List<String> keys() {
        return List.copyOf(entries.keySet());
    }
}
