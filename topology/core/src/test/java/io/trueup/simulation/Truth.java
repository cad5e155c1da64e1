package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.sketch.Sketch;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Records what was injected, and checks the invariants of the reconcilers: every repair answers an injected divergence that
 * still stands, no repair makes a replica older, every tree is that of its entries, and what can be repaired is repaired.
 */
final class Truth {

    private static final long OPEN = Long.MAX_VALUE;
    /** Largest error of a reconciler's clock while it jumps. */
    static final long CLOCKS_APART_MS = 20_000;

    private static final Set<Fault> WRONG_VALUES = EnumSet.of(Fault.CORRUPT, Fault.DROPPED, Fault.SILENT_CORRUPT);

    private record Place(String replica, String key) {}

    private static final class Injected {
        private final EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        private long healedMs = OPEN;
        /** The wrong value of an entry, if that is the fault. */
        private HeldValue wrongValue;
    }

    private final World world;
    private final Settings settings;
    private final Windows windows;
    private final Winner winner;
    private final Authority authority;
    private final Map<Place, Injected> injected = new HashMap<>();
    private final EnumMap<Fault, Integer> struck = new EnumMap<>(Fault.class);
    private final EnumMap<Divergence, Integer> repairs = new EnumMap<>(Divergence.class);
    /** Replicas and partitions whose repairs look like a mistake, until a person approves. */
    private List<Node> suspects = List.of();

    private boolean guarded;
    /** Number of repairs that passed though they look like a mistake, by partition, target and cut. */
    private final Map<String, Integer> suspicious = new HashMap<>();

    /** Keys of which such repairs passed, by target, or by partition and target. */
    private final Map<String, Set<String>> passed = new HashMap<>();

    private long clamped;
    private long exactRoots;
    private long exactSketches;
    /** The sketch of the tree that each reconciler has sealed last, built from its entries. */
    private final Map<Node, SealedSketch> sealed = new HashMap<>();

    private record SealedSketch(long cutMs, Sketch sketch) {}

    /** When each reconciler has sealed each cut last. */
    private final Map<Node, Map<Long, Long>> sealedMs = new HashMap<>();

    private long otherThanRoots;
    private int tombstonesSent;
    /** Replicas and keys whose latest write event may differ from what the datastore holds. */
    private final Set<Place> eventsLost = new HashSet<>();

    Truth(World world) {
        this.world = world;
        this.settings = world.plan.settings();
        this.windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        this.winner = new Winner(settings);
        this.authority = new Authority(world, winner);
    }

    Map<Fault, Integer> struck() {
        return struck;
    }

    Map<Divergence, Integer> repairs() {
        return repairs;
    }

    /** Number of write events with a position ahead of their append time. */
    long clamped() {
        return clamped;
    }

    void consumed(Write write) {
        clamped += write.positionMs() > write.appendTimeMs() ? 1 : 0;
    }

    long exactRoots() {
        return exactRoots;
    }

    long exactSketches() {
        return exactSketches;
    }

    /** Tombstones that were sent to a replica which held nothing: trees do not show them. */
    int tombstonesSent() {
        return tombstonesSent;
    }

    long otherThanRoots() {
        return otherThanRoots;
    }

    void struck(Fault fault) {
        struck.merge(fault, 1, Integer::sum);
    }

    /** A key is wrong on a replica from now on. */
    void inject(Fault fault, String replica, String key) {
        if (!fault.kind.equals(Fault.Kind.DATASTORE)) {
            throw new IllegalArgumentException(fault + " is no fault of a datastore");
        }
        Injected there = injected.computeIfAbsent(new Place(replica, key), p -> new Injected());
        boolean longAgo = there.healedMs != OPEN
                && there.healedMs < world.time.nowMs() - 3 * settings.times().intervalMs();
        if (longAgo && isSeenAsHeld(replica, key)) {
            there.faults.clear();
        }
        there.faults.add(fault);
        if (fault == Fault.LOST_EVENT || fault == Fault.LATE_EVENT || fault == Fault.LOG_WENT_BACK) {
            eventsLost.add(new Place(replica, key));
        }
        there.healedMs = OPEN;
        if (WRONG_VALUES.contains(fault)) {
            there.wrongValue = world.node(world.partition(key), replica).store.get(key);
        }
        struck(fault);
    }

    /** Whether some replica was wrong about some key of a partition: owners that hold what another one has deleted agree on no cut since. */
    boolean hasDiffered(int partition) {
        return injected.keySet().stream().anyMatch(place -> world.partition(place.key()) == partition);
    }

    /** A value that the reconciler of a replica sees is not the right one. */
    void isWrong(String replica, String key, HeldValue wrong) {
        injected.get(new Place(replica, key)).wrongValue = wrong;
    }

    /**
     * Whether the reconciler sees what the datastore holds. It does not where the write event of a fault is lost or came too
     * early, even if what it sees is what should be there.
     */
    private boolean isSeenAsHeld(String replica, String key) {
        Node node = world.node(world.partition(key), replica);
        return winner.same(Long.MIN_VALUE, node.view(key), node.store.get(key));
    }

    /** A key has been wrong on a replica for some time; its reconciler sees that from now on. */
    void injectNoticed(Fault fault, String replica, String key) {
        inject(fault, replica, key);
        struck.merge(fault, -1, Integer::sum);
    }

    /**
     * A scan or the answer to a repair has stated the value of a key again: an earlier event may have stated that the key was
     * right again.
     */
    void restated(Node node, String key) {
        Injected there = injected.get(new Place(node.replica, key));
        if (there != null && !winner.same(Long.MIN_VALUE, node.view(key), node.store.expected(key))) {
            there.healedMs = OPEN;
        }
    }

    /**
     * A repair was answered. Where an older entry may win, the repair may have replaced what should be there, or a late write
     * event may have stated before that the key was right again.
     */
    void answered(Store store, String key) {
        HeldValue expected = store.expected(key);
        if (!world.plan.newestWins() && expected != null && !winner.same(Long.MIN_VALUE, store.get(key), expected)) {
            Injected there = injected.computeIfAbsent(new Place(store.replica, key), p -> new Injected());
            there.healedMs = OPEN;
        }
    }

    /** A reconciler has consumed a write event: its view of the key may be right again. */
    void seen(Node node, String key) {
        Injected there = injected.get(new Place(node.replica, key));
        if (there == null || there.healedMs != OPEN) {
            return;
        }
        HeldValue view = node.view(key);
        HeldValue expected = node.store.expected(key);
        if (view == null || view.isUnread()) {
            return;
        }
        boolean newer = (expected == null || view.newerThan(expected)) && !view.equals(there.wrongValue);
        boolean right = expected != null
                && view.sameVersion(expected)
                && winner.same(Long.MIN_VALUE, view, expected)
                && isSeenAsHeld(node.replica, key);
        boolean bothDead = expected != null && view.deadAt(world.time.nowMs()) && expected.deadAt(world.time.nowMs());
        if (newer || right || bothDead && view.sameVersion(expected)) {
            there.healedMs = world.time.nowMs();
        }
    }

    /** Checks that a repair is justified, and that it cannot make its target older. */
    void check(Node from, Repair repair, HeldValue sent) {
        String key = World.text(repair.key());
        repairs.merge(repair.reason(), 1, Integer::sum);
        tombstonesSent += repair.winner().deleted() && repair.condition().observed() == null ? 1 : 0;
        require(
                !isSuspicious(from, repair) || staysBelowAFlood(from, repair),
                key,
                "the flood guard lets a repair pass that was not approved: " + repair);
        require(
                from.owns() && from.isOwner(repair.target()) && world.ownedLately(from.partition, repair.target()),
                key,
                "a repair between replicas that are not both owners: " + repair);
        require(repair.supplier().equals(from.replica), key, "a repair names another supplier: " + repair);
        boolean own = repair.target().equals(from.replica);
        boolean chosen = repair.reason() == Divergence.CONFLICT;
        boolean decided = chosen || isDecided(from, repair, sent, key);
        require(
                repair.winner().deleted() ? own || repair.condition().observed() == null : !own || chosen,
                key,
                "a delete must be emitted by its target if that knows the key, everything else by another replica: "
                        + repair);
        require(
                decided || !bringsBack(from, repair, key),
                key,
                "a key that was deleted on " + repair.target() + " would come back: " + repair);
        require(
                decided || !ignoresAForgottenDelete(from, repair, key),
                key,
                "a key would come back of which a replica heard has forgotten the delete: " + repair);
        if (!repair.winner().deleted()) {
            WritesLog.Event source = from.store.log.at(repair.winner().sourceOffset());
            require(
                    source != null
                            && !source.unreadable()
                            && key.equals(source.key())
                            && (chosen
                                    || source.held().reportedVersion()
                                                    == repair.winner().version()
                                            && Objects.equals(
                                                    source.held().vector(),
                                                    repair.winner().vector()))
                            && source.held().value() != null
                            && source.held().expiryMs() == repair.winner().expiryMs(),
                    key,
                    "the value of a repair does not lie at its offset: " + source);
        }
        EntrySummary observed = repair.condition().observed();
        require(
                repair.condition().ifObserved() || observed == null || isNoNewer(observed, repair),
                key,
                "a repair would replace a newer or concurrent entry: " + repair);
        require(!settings.rules().sources().contains(repair.target()), key, "a source would be repaired: " + repair);
        require(
                isChosen(from, repair, sent, key),
                key,
                "the entry of a repair is not the one that wins: " + sent + ", " + repair);
        require(
                authority.hadReceived(from, repair, sent, key) || isDecided(from, repair, sent, key),
                key,
                "what wins may be older than what it replaces, which the authority has not received: " + repair);
        require(
                !replacesWhatThePrimaryHolds(from, repair, sent, key),
                key,
                "the primary holds what is replaced; its topic has lost the event: " + repair);
        require(isJustified(from, repair, sent, key), key, "nothing was wrong with " + repair.target() + ": " + repair);
    }

    private boolean isDecided(Node from, Repair repair, HeldValue sent, String key) {
        EntrySummary observed = repair.condition().observed();
        HeldValue replaced =
                observed == null || observed.statesAbsence() ? null : authority.replaced(from, repair, key);
        return world.disputes.isDecided(repair, sent, replaced, key);
    }

    /** Whether a repair by a primary whose topic has lost records replaces what the primary's datastore itself holds. */
    private boolean replacesWhatThePrimaryHolds(Node from, Repair repair, HeldValue sent, String key) {
        if (settings.rules().resolution() != Settings.Resolution.PRIMARY || isDecided(from, repair, sent, key)) {
            return false;
        }
        String primary = settings.rules().primary();
        Injected there = injected.get(new Place(primary, key));
        HeldValue held = world.node(from.partition, primary).store.get(key);
        EntrySummary observed = repair.condition().observed();
        return there != null
                && there.healedMs == OPEN
                && there.faults.equals(EnumSet.of(Fault.LOG_WENT_BACK))
                && held != null
                && observed != null
                && !repair.target().equals(primary)
                && held.reportedVersion() == observed.version()
                && (held.value() == null
                        ? observed.deleted()
                        : world.hash.value(held.value().getBytes(UTF_8)).equals(observed.digest()))
                && !settings.rules().compareValues();
    }

    private boolean isSuspicious(Node from, Repair repair) {
        return world.plan.has(Fault.WRONG_PARTITIONER)
                || repair.reason() != Divergence.CONFLICT
                        && suspects.contains(world.node(from.partition, repair.target()));
    }

    /**
     * Before the rest is known, a few repairs may pass, but fewer than a flood: where rounds may end before everything is
     * compared, in each of them; where what is not repaired yet waits for late writes, in all together.
     */
    private boolean staysBelowAFlood(Node from, Repair repair) {
        double keys = (double) world.plan.keys() / world.plan.partitions();
        double few =
                Math.max(settings.limits().floodMinKeys(), settings.limits().floodFraction() * keys);
        if (world.plan.has(Fault.SPREAD_LOSS)) {
            int min = settings.limits().floodMinKeys();
            return passed(repair.target(), repair) < min || lost(repair.target()) < min;
        }
        if (!world.plan.mayBeCutOff()) {
            return passed(from.partition + ">" + repair.target(), repair) <= few;
        }
        return suspicious.merge(from.partition + ">" + repair.target() + "@" + repair.cutMs(), 1, Integer::sum) <= few;
    }

    /** Live keys that a replica has lost and not received again. */
    private long lost(String replica) {
        return injected.keySet().stream()
                .filter(place -> place.replica().equals(replica))
                .filter(place -> {
                    Store store = world.node(world.partition(place.key()), replica).store;
                    HeldValue expected = store.expected(place.key());
                    return store.get(place.key()) == null && expected != null && !expected.deadAt(world.time.nowMs());
                })
                .count();
    }

    /** Keys of a target for which such repairs have passed, with this one. */
    private int passed(String target, Repair repair) {
        Set<String> keys = passed.computeIfAbsent(target, t -> new HashSet<>());
        keys.add(World.text(repair.key()));
        return keys.size();
    }

    /**
     * Whether a repair brings a deleted key back: the latest event of the key in the target's log at the cut is a newer delete,
     * which must have been forgotten since. Not if the log contains an older delete since, and that is what was observed: the
     * latest event counts. Not if the key was written again since, and that write was lost.
     */
    private boolean bringsBack(Node from, Repair repair, String key) {
        EntrySummary observed = repair.condition().observed();
        if (repair.winner().deleted() || repair.condition().ifObserved() || observed != null && !observed.deleted()) {
            return false;
        }
        return hasDeletedNewer(world.node(from.partition, repair.target()), from, repair, key);
    }

    /**
     * Whether a repair gives a target that holds nothing what another replica has deleted and forgotten, whose state is whole and
     * that its sender has heard. The target itself may never have held the key.
     */
    private boolean ignoresAForgottenDelete(Node from, Repair repair, String key) {
        if (repair.winner().deleted() || repair.condition().observed() != null) {
            return false;
        }
        return world.nodes.get(from.partition).stream()
                .filter(other -> from.isOwner(other.replica)
                        && other.losses() == 0
                        && (other == from || world.disputes.hasHeard(other, from, repair.cutMs())))
                .anyMatch(other -> other.view(key) == null && hasDeletedNewer(other, from, repair, key));
    }

    private boolean hasDeletedNewer(Node node, Node from, Repair repair, String key) {
        EntrySummary observed = repair.condition().observed();
        List<HeldValue> values = node.store.log.valuesSince(key, earliestMs(repair.cutMs()));
        HeldValue last = values.get(0);
        boolean deletedSince = observed != null
                && values.stream()
                        .skip(1)
                        .anyMatch(value -> value != null
                                && value.value() == null
                                && value.reportedVersion() == observed.version());
        boolean livesAgain = values.stream()
                .skip(1)
                .anyMatch(value -> value != null && value.value() != null && value.newerThan(last));
        return !deletedSince
                && !livesAgain
                && last != null
                && last.value() == null
                && isNewer(last, repair)
                && !isWrittenAfterForgetting(node, last, from, repair, key);
    }

    /**
     * Whether a write was made, and applied, only after a delete was due to be forgotten: under a version below that of the delete, so
     * its writer has not seen the delete. A replica that has forgotten the delete cannot order the two. A datastore that remembers it
     * declines the repair, and its answer has the delete win.
     */
    private boolean isWrittenAfterForgetting(Node node, HeldValue delete, Node from, Repair repair, String key) {
        WritesLog.Event source = from.store.log.at(repair.winner().sourceOffset());
        long forgottenMs =
                node.store.log.firstAppendTimeMs(key, delete) + settings.times().tombstoneRetentionMs();
        return source != null
                && source.appendTimeMs() > forgottenMs
                && repair.winner().positionMs() > forgottenMs;
    }

    /** Where clocks jump, a cut may be sealed and repaired before its time. */
    private long earliestMs(long cutMs) {
        return world.plan.has(Fault.CLOCK_JUMP) ? cutMs - CLOCKS_APART_MS : cutMs;
    }

    private static boolean isNewer(HeldValue held, Repair repair) {
        return repair.winner().vector() == null
                ? held.version() > repair.winner().version()
                : held.vector().compare(repair.winner().vector()) == VersionVector.Order.AFTER;
    }

    private static boolean isNoNewer(EntrySummary observed, Repair repair) {
        if (repair.winner().vector() == null || observed.isUnread()) {
            return observed.version() <= repair.winner().version();
        }
        VersionVector.Order order = observed.vector().compare(repair.winner().vector());
        return order == VersionVector.Order.BEFORE || order == VersionVector.Order.EQUAL;
    }

    private boolean isJustified(Node from, Repair repair, HeldValue sent, String key) {
        if (repair.winner().deleted() && !repair.target().equals(from.replica)) {
            return repair.condition().observed()
                    == null; // a tombstone for a replica that was empty; harmless if the replica holds it already
        }
        if (world.plan.has(Fault.WRONG_PARTITIONER)
                || offersNoMoreThanIsHeld(from.partition, repair, key)
                || isDecided(from, repair, sent, key)) {
            return true;
        }
        return switch (settings.rules().resolution()) {
            case LATEST, VECTOR ->
                isDivergent(from.partition, repair.target(), repair, key)
                        || isOutvoted(repair, key)
                        || world.disputes.isChosen(repair, key);
            case PRIMARY ->
                isDivergent(from.partition, repair.target(), repair, key)
                        || isWrongAndRead(from.partition, settings.rules().primary(), repair, key);
            case MAJORITY ->
                isDivergent(from.partition, repair.target(), repair, key)
                        || world.plan.replicas().stream()
                                .anyMatch(replica -> isWrongAndRead(from.partition, replica, repair, key));
        };
    }

    /**
     * Whether a repair offers a replica what it holds, or less, though its state lacks that: it declines. Where the position of a
     * write is ahead, a copy that was repaired is as young as the repair, and does not show that it may be older than the state of
     * the replica. Where versions come late, the replica ignores a write that its state would contain, because it holds a newer
     * entry from before its state began.
     */
    private boolean offersNoMoreThanIsHeld(int partition, Repair repair, String key) {
        HeldValue held = world.node(partition, repair.target()).store.get(key);
        return (world.plan.has(Fault.TRIMMED) || world.plan.has(Fault.LOG_WENT_BACK))
                && repair.condition().observed() == null
                && !repair.winner().deleted()
                && held != null
                && (world.plan.has(Fault.AHEAD_POSITION)
                                && held.reportedVersion() == repair.winner().version()
                        || world.plan.has(Fault.LATE_POSITION)
                                && held.reportedVersion() > repair.winner().version());
    }

    /** Whether a replica held something wrong at the cut of a repair, or lacked a write for too long. */
    private boolean isDivergent(int partition, String replica, Repair repair, String key) {
        return isWrong(partition, replica, repair, key) || isOverdue(partition, replica, repair.cutMs(), key);
    }

    /** Whether a replica held something wrong at the cut of a repair. */
    private boolean isWrong(int partition, String replica, Repair repair, String key) {
        Injected there = injected.get(new Place(replica, key));
        return there != null && there.healedMs >= earliestMs(repair.cutMs())
                || isPremature(partition, replica, repair, key);
    }

    /** The same, not counting that its write event could not be read: by that, nothing wins elsewhere. */
    private boolean isWrongAndRead(int partition, String replica, Repair repair, String key) {
        Injected there = injected.get(new Place(replica, key));
        boolean onlyUnread = there != null && there.faults.equals(EnumSet.of(Fault.UNREADABLE_EVENT));
        return onlyUnread ? isPremature(partition, replica, repair, key) : isWrong(partition, replica, repair, key);
    }

    /** Whether the entry of a repair is one that the resolution chooses. */
    private boolean isChosen(Node from, Repair repair, HeldValue sent, String key) {
        List<Node> owners = world.nodes.get(from.partition).stream()
                .filter(node -> from.isOwner(node.replica))
                .toList();
        long since = repair.cutMs() - (mustKnowWhatIsRead() ? world.plan.maxSkewMs() : CLOCKS_APART_MS);
        return switch (settings.rules().resolution()) {
            case LATEST, VECTOR -> true;
            case PRIMARY ->
                hadSince(world.node(from.partition, settings.rules().primary()), sent, repair.cutMs(), since, key)
                        || isDecided(from, repair, sent, key);
            case MAJORITY -> {
                long had = owners.stream()
                        .filter(owner -> hadSince(owner, sent, repair.cutMs(), since, key))
                        .count();
                yield holdsNothing(repair.condition().observed())
                        || 2 * had > owners.size()
                        || isDecided(from, repair, sent, key);
            }
        };
    }

    /**
     * Whether what wins must be what the replicas by whose authority it wins have stated last before the cut, or since: where that
     * cannot be read, nothing wins. Otherwise clocks may be wrong.
     */
    private boolean mustKnowWhatIsRead() {
        return world.plan.has(Fault.UNREADABLE_EVENT)
                && !world.plan.has(Fault.CLOCK_JUMP)
                && !world.plan.has(Fault.CLOCK_STEP);
    }

    /** Whether no entry was observed, or the target has answered a repair with "I hold nothing". */
    private static boolean holdsNothing(EntrySummary observed) {
        return observed == null || observed.deleted() && observed.version() == Long.MIN_VALUE;
    }

    private boolean hadSince(Node owner, HeldValue held, long cutMs, long sinceMs, String key) {
        return winner.same(cutMs, null, held) && owner.store.lackedSilently(key, sinceMs)
                || owner.store.valuesSince(key, sinceMs).stream().anyMatch(value -> winner.same(cutMs, value, held));
    }

    /** Whether patience with a write has ended during an outage of the replica. */
    private boolean isOverdue(int partition, String replica, long cutMs, String key) {
        if (!world.plan.has(Fault.LONG_OUTAGE)
                && !world.plan.has(Fault.OUTLASTED)
                && world.plan.authorityDownMs() == 0) {
            return false;
        }
        Store target = world.node(partition, replica).store;
        for (Feed.Publication write : world.feeds.get(partition).of(key)) {
            boolean late = write.held().positionMs() + settings.times().graceMs() < write.publishedMs();
            long sentMs = late ? write.publishedMs() : Math.min(write.held().positionMs(), write.publishedMs());
            if (sentMs <= cutMs - settings.times().patienceMs() && target.deliveredMs(write) >= cutMs) {
                return true;
            }
        }
        return false;
    }

    /** Whether a write that is still on its way may seem overdue, because a clock is wrong by more than the grace. */
    private boolean isPremature(int partition, String replica, Repair repair, String key) {
        Store store = world.node(partition, replica).store;
        return world.plan.has(Fault.CLOCK_JUMP)
                && world.feeds.get(partition).of(key).stream()
                        .anyMatch(write -> (repair.condition().ifObserved()
                                        || write.held().version()
                                                == repair.winner().version())
                                && store.deliveredMs(write) >= repair.cutMs() - CLOCKS_APART_MS);
    }

    /**
     * Whether a wrong value may have had the majority among several values of one version. The repair sends what its supplier
     * holds by then, which may be newer.
     */
    private boolean isOutvoted(Repair repair, String key) {
        EntrySummary observed = repair.condition().observed();
        boolean ofOneVersion = observed != null
                && (observed.version() == repair.winner().version() || repair.reason() == Divergence.CORRUPT);
        if (!ofOneVersion) {
            return false;
        }
        for (String replica : world.plan.replicas()) {
            Injected there = injected.get(new Place(replica, key));
            if (there != null && there.faults.stream().anyMatch(WRONG_VALUES::contains)) {
                return true;
            }
        }
        return false;
    }

    /** A reconciler has sealed a cut: its tree must be that of its entries at the cut. */
    void sealed(Node node, RecordingTable table, Message message, Message.Root root) {
        long round = windows.of(message.cutMs());
        EntryTree there = table.treeAt(world.hash, windows, settings, round);
        Hash128 expected = there.node(0, 0);
        sealed.put(node, new SealedSketch(message.cutMs(), there.sketch()));
        sealedMs.computeIfAbsent(node, n -> new HashMap<>()).put(message.cutMs(), world.time.nowMs());
        exactRoots++;
        require(
                expected.equals(root.hash()) || root.hash().equals(Hash128.ZERO) && table.isEmpty(),
                null,
                "the root of " + node + " at cut " + message.cutMs() + " is not that of its entries");
    }

    /** When a reconciler had consumed what it declares about a cut; now where it was asked about a single key. */
    long sealedMs(Node node, long cutMs) {
        return sealedMs.getOrDefault(node, Map.of()).getOrDefault(cutMs, world.time.nowMs());
    }

    void sent(Node from, Message message) {
        boolean ofRounds = message.body() instanceof Message.Level
                || message.body() instanceof Message.Segment
                || message.body() instanceof Message.Entries;
        if (message.body() instanceof Message.Symbols symbols) {
            ofRounds = true;
            requireSketchOfEntries(from, message.cutMs(), symbols);
        }
        if (ofRounds) {
            otherThanRoots++;
        }
    }

    /** The symbols of a whole tree must be those of its entries at the cut. */
    private void requireSketchOfEntries(Node from, long cutMs, Message.Symbols symbols) {
        SealedSketch there = sealed.get(from);
        require(
                !symbols.segments().isEmpty()
                        || there.cutMs() == cutMs
                                && Arrays.equals(
                                        symbols.symbols(), there.sketch().encode(symbols.first(), symbols.count())),
                null,
                "the sketch of " + from + " at cut " + cutMs + " is not that of its entries");
        exactSketches += symbols.segments().isEmpty() ? 1 : 0;
    }

    /** Repairs of these nodes must be held back from now on. */
    void suspect(List<Node> nodes) {
        suspects = nodes;
    }

    /** A person approves these repairs: a report must have said that they were held back. */
    void approved() {
        require(
                guarded || world.plan.mayBeCutOff(),
                null,
                "no reconciler reports that repairs of " + suspects + " are held back");
        suspects = List.of();
    }

    boolean isGuarded() {
        return guarded;
    }

    void roundReported(Node from, RoundSummary summary) {
        guarded = guarded || !summary.repairs().guarded().isEmpty();
    }

    /** Keys whose entries differ in the views of the reconcilers though they could be repaired, with these views. */
    Map<String, String> unrepaired(long cutMs) {
        Map<String, String> unrepaired = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            List<Node> nodes = world.owners(partition);
            for (int k = partition; k < world.plan.keys(); k += world.plan.partitions()) {
                String key = "k" + k;
                if (!isEqual(nodes, key, cutMs) && isRepairable(nodes, key, cutMs)) {
                    unrepaired.put(key, describe(nodes, key));
                }
            }
        }
        return unrepaired;
    }

    /** Keys for which a reconciler's view differs from its datastore without a lost write event. */
    Map<String, String> wrongViews(long cutMs) {
        Map<String, String> wrongViews = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            for (Node node : world.nodes.get(partition)) {
                for (String key : node.store.keys()) {
                    boolean eventLost = eventsLost.contains(new Place(node.replica, key));
                    boolean unread = node.view(key) != null && node.view(key).isUnread();
                    if (!eventLost && !unread && !winner.same(cutMs, node.view(key), node.store.get(key))) {
                        wrongViews.put(key, node + " holds " + node.store.get(key) + ", seen is " + node.view(key));
                    }
                }
            }
        }
        return wrongViews;
    }

    boolean allEqual(long cutMs) {
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            for (int k = partition; k < world.plan.keys(); k += world.plan.partitions()) {
                if (!isEqual(world.owners(partition), "k" + k, cutMs)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether owners differ in a key, in the views of their reconcilers. */
    boolean differs(List<Node> nodes, String key) {
        return !isEqual(nodes, key, world.time.nowMs());
    }

    private boolean isEqual(List<Node> nodes, String key, long cutMs) {
        HeldValue first = nodes.get(0).view(key);
        return nodes.stream().allMatch(node -> winner.same(cutMs, first, node.view(key)));
    }

    /** Whether a key can be repaired: not if only a person can decide and does not, or if the only link is broken. */
    boolean isRepairable(List<Node> nodes, String key, long cutMs) {
        Winner.Right right = winner.of(nodes, key, cutMs);
        if (right == null) {
            return settings.rules().resolution() == Settings.Resolution.VECTOR;
        }
        boolean deletes = right.held() == null || right.held().deadAt(cutMs);
        return nodes.stream()
                .filter(node -> !settings.rules().sources().contains(node.replica))
                .filter(node -> !winner.same(cutMs, node.view(key), right.held()))
                .anyMatch(target -> deletes
                        || right.holders().stream()
                                .anyMatch(holder -> !world.linkIsBroken(holder.replica, target.replica)));
    }

    /** Whether the reconciler of an owner could not read what it holds of a key. */
    boolean isUnread(List<Node> nodes, String key) {
        return nodes.stream().map(node -> node.view(key)).anyMatch(view -> view != null && view.isUnread());
    }

    /** Where the newest wins: keys for which an owner lacks the newest write of the feed, with the views of all owners. */
    Map<String, String> lacking(long cutMs) {
        Map<String, String> lacking = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            List<Node> nodes = world.owners(partition);
            for (int k = partition; k < world.plan.keys(); k += world.plan.partitions()) {
                String key = "k" + k;
                HeldValue last = null;
                for (Feed.Publication write : world.feeds.get(partition).of(key)) {
                    last = write.held().newerThan(last) ? write.held() : last;
                }
                HeldValue newest = last;
                if (!nodes.stream().allMatch(node -> winner.same(cutMs, newest, node.view(key)))) {
                    lacking.put(key, newest + " was published, seen is " + describe(nodes, key));
                }
            }
        }
        return lacking;
    }

    /** Keys for which no rule decides which entry is right, with their partition. */
    Map<String, Integer> undecided(long cutMs) {
        Map<String, Integer> undecided = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            for (int k = partition; k < world.plan.keys(); k += world.plan.partitions()) {
                List<Node> nodes = world.owners(partition);
                if (!isEqual(nodes, "k" + k, cutMs) && winner.of(nodes, "k" + k, cutMs) == null) {
                    undecided.put("k" + k, partition);
                }
            }
        }
        return undecided;
    }

    String describe(List<Node> nodes, String key) {
        StringBuilder text = new StringBuilder();
        nodes.forEach(
                node -> text.append(node).append(": ").append(node.view(key)).append("; "));
        return text.toString();
    }

    void require(boolean condition, String key, String otherwise) {
        if (!condition) {
            throw new Violation(key, otherwise);
        }
    }
}
