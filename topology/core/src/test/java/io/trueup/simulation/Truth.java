package io.trueup.simulation;

import io.trueup.reconcile.Divergence;
import io.trueup.reconcile.EntrySummary;
import io.trueup.reconcile.Message;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.Settings;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
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
 * Knows what was injected, and holds the reconcilers to the invariants: every repair answers an injected divergence that still
 * stands, none makes a replica older, every tree is that of its entries, and what can be repaired is repaired.
 */
final class Truth {

    private static final long OPEN = Long.MAX_VALUE;
    /** Furthest that the clock of a reconciler is off while it jumps. */
    private static final long CLOCKS_APART_MS = 20_000;

    private static final Set<Fault> WRONG_VALUES = EnumSet.of(Fault.CORRUPT, Fault.DROPPED, Fault.SILENT_CORRUPT);

    private record Place(String replica, String key) {}

    private static final class Injected {
        private final EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        private long healedMs = OPEN;
    }

    private final World world;
    private final Settings settings;
    private final Windows windows;
    private final Winner winner;
    private final Map<Place, Injected> injected = new HashMap<>();
    private final EnumMap<Fault, Integer> struck = new EnumMap<>(Fault.class);
    private final EnumMap<Divergence, Integer> repairs = new EnumMap<>(Divergence.class);
    /** Replica and partition of which repairs look like a mistake, until a person approves; null for none. */
    private Node suspect;

    private boolean guarded;
    /** How many repairs passed that look like a mistake, by partition, target and cut. */
    private final Map<String, Integer> suspicious = new HashMap<>();

    /** How far each reconciler said last that its datastore has come. */
    private final Map<Node, Long> watermarks = new HashMap<>();

    private long clamped;
    private long exactRoots;
    private long otherThanRoots;
    private int tombstonesTold;
    /** Where the last word may not be what is held. */
    private final Set<Place> eventsLost = new HashSet<>();

    Truth(World world) {
        this.world = world;
        this.settings = world.plan.settings();
        this.windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        this.winner = new Winner(settings);
    }

    Map<Fault, Integer> struck() {
        return struck;
    }

    Map<Divergence, Integer> repairs() {
        return repairs;
    }

    /** How many write events told of a position in the future of their reconciler. */
    long clamped() {
        return clamped;
    }

    void consumed(Write write) {
        clamped += write.positionMs() > write.appendTimeMs() ? 1 : 0;
    }

    long exactRoots() {
        return exactRoots;
    }

    /** Tombstones that were told to a replica which held nothing: trees do not show them. */
    int tombstonesTold() {
        return tombstonesTold;
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
            throw new IllegalArgumentException(fault + " makes nothing wrong");
        }
        Injected there = injected.computeIfAbsent(new Place(replica, key), p -> new Injected());
        boolean longAgo = there.healedMs != OPEN
                && there.healedMs < world.time.nowMs() - 3 * settings.times().intervalMs();
        if (longAgo && isSeenAsHeld(replica, key)) {
            there.faults.clear();
        }
        there.faults.add(fault);
        if (fault == Fault.LOST_EVENT || fault == Fault.LATE_EVENT) {
            eventsLost.add(new Place(replica, key));
        }
        there.healedMs = OPEN;
        struck(fault);
    }

    /** Not where the write event of what went wrong is lost or came too early, even if what is seen is what should be there. */
    private boolean isSeenAsHeld(String replica, String key) {
        Node node = world.node(world.partition(key), replica);
        return winner.same(Long.MIN_VALUE, node.view(key), node.store.get(key));
    }

    /** A key has been wrong on a replica for some time, and its reconciler knows it from now on. */
    void injectTold(Fault fault, String replica, String key) {
        inject(fault, replica, key);
        struck.merge(fault, -1, Integer::sum);
    }

    /** A scan has told of a key, or the answer to a repair: another event may have said before that it was right again. */
    void told(Node node, String key) {
        Injected there = injected.get(new Place(node.replica, key));
        if (there != null && !winner.same(Long.MIN_VALUE, node.view(key), node.store.expected(key))) {
            there.healedMs = OPEN;
        }
    }

    /**
     * A repair was answered: where others than the newest may win, it can have taken the place of what should be there, or a
     * late write event may have said before that the key was right again.
     */
    void answered(Store store, String key) {
        HeldValue expected = store.expected(key);
        if (!world.plan.newestWins() && expected != null && !winner.same(Long.MIN_VALUE, store.get(key), expected)) {
            Injected there = injected.computeIfAbsent(new Place(store.replica, key), p -> new Injected());
            there.healedMs = OPEN;
        }
    }

    /** A reconciler has consumed a write event: perhaps its view of the key is right again. */
    void seen(Node node, String key) {
        Injected there = injected.get(new Place(node.replica, key));
        if (there == null || there.healedMs != OPEN) {
            return;
        }
        HeldValue view = node.view(key);
        HeldValue expected = node.store.expected(key);
        if (view == null) {
            return;
        }
        boolean newer = expected == null || view.newerThan(expected);
        boolean right = expected != null && view.sameVersion(expected) && winner.same(Long.MIN_VALUE, view, expected);
        boolean bothDead = expected != null && view.deadAt(world.time.nowMs()) && expected.deadAt(world.time.nowMs());
        if (newer || right || bothDead && view.sameVersion(expected)) {
            there.healedMs = world.time.nowMs();
        }
    }

    /** Precision, and that no repair can make its target older. */
    void check(Node from, Repair repair, HeldValue sent) {
        String key = World.text(repair.key());
        repairs.merge(repair.reason(), 1, Integer::sum);
        tombstonesTold += repair.winner().deleted() && repair.condition().observed() == null ? 1 : 0;
        require(
                !isSuspicious(from, repair) || staysBelowAFlood(from, repair),
                key,
                "the flood guard lets a repair pass that nobody approved: " + repair);
        require(
                from.owns() && from.isOwner(repair.target()) && world.ownedLately(from.partition, repair.target()),
                key,
                "a repair among others than owners: " + repair);
        require(repair.supplier().equals(from.replica), key, "a repair names another supplier: " + repair);
        boolean own = repair.target().equals(from.replica);
        boolean chosen = repair.reason() == Divergence.CONFLICT;
        require(
                repair.winner().deleted() ? own || repair.condition().observed() == null : !own || chosen,
                key,
                "a delete is emitted by its target if that knows the key, everything else by another: " + repair);
        require(
                chosen || !comesBack(from, repair, key),
                key,
                "a key that was deleted on " + repair.target() + " comes back: " + repair);
        if (!repair.winner().deleted()) {
            WritesLog.Event source = from.store.log.at(repair.winner().sourceOffset());
            require(
                    source != null
                            && key.equals(source.key())
                            && (chosen
                                    || source.held().told() == repair.winner().version()
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
                "a repair would take the place of something newer or concurrent: " + repair);
        require(!settings.rules().sources().contains(repair.target()), key, "a source would be repaired: " + repair);
        require(isChosen(from, repair, sent, key), key, "the entry is not the one that wins: " + sent + ", " + repair);
        require(isCalledFor(from, repair, key), key, "nothing was wrong with " + repair.target() + ": " + repair);
    }

    private boolean isSuspicious(Node from, Repair repair) {
        return world.plan.has(Fault.WRONG_PARTITIONER)
                || suspect != null && suspect.partition == from.partition && suspect.replica.equals(repair.target());
    }

    /** Where rounds may be cut off, a few repairs may pass: never as many as are a flood. */
    private boolean staysBelowAFlood(Node from, Repair repair) {
        long ofOneCut =
                suspicious.merge(from.partition + ">" + repair.target() + "@" + repair.cutMs(), 1, Integer::sum);
        double keys = (double) world.plan.keys() / world.plan.partitions();
        return world.plan.mayBeCutOff()
                && ofOneCut
                        <= Math.max(
                                settings.limits().floodMinKeys(),
                                settings.limits().floodFraction() * keys);
    }

    /**
     * Whether the last word on a key in the target's log at the cut is a newer delete, which must have been forgotten then. Not
     * if it has told an older delete since, and that is what was observed: its log's last word counts; nor if the key has been
     * written again since, and that was lost.
     */
    private boolean comesBack(Node from, Repair repair, String key) {
        EntrySummary observed = repair.condition().observed();
        if (repair.winner().deleted() || repair.condition().ifObserved() || observed != null && !observed.deleted()) {
            return false;
        }
        List<HeldValue> words =
                world.node(from.partition, repair.target()).store.log.lastWordsSince(key, earliestMs(repair.cutMs()));
        HeldValue last = words.get(0);
        boolean toldSince = observed != null
                && words.stream().skip(1).anyMatch(word -> word.value() == null && word.told() == observed.version());
        boolean livesAgain =
                words.stream().skip(1).anyMatch(word -> word != null && word.value() != null && word.newerThan(last));
        return !toldSince && !livesAgain && last != null && last.value() == null && isNewer(last, repair);
    }

    /** Where clocks jump, a cut may be sealed, and what it holds be repaired, before its time. */
    private long earliestMs(long cutMs) {
        return world.plan.has(Fault.CLOCK_JUMP) ? cutMs - CLOCKS_APART_MS : cutMs;
    }

    private static boolean isNewer(HeldValue held, Repair repair) {
        return repair.winner().vector() == null
                ? held.version() > repair.winner().version()
                : held.vector().compare(repair.winner().vector()) == VersionVector.Order.AFTER;
    }

    private static boolean isNoNewer(EntrySummary observed, Repair repair) {
        if (repair.winner().vector() == null) {
            return observed.version() <= repair.winner().version();
        }
        VersionVector.Order order = observed.vector().compare(repair.winner().vector());
        return order == VersionVector.Order.BEFORE || order == VersionVector.Order.EQUAL;
    }

    private boolean isCalledFor(Node from, Repair repair, String key) {
        if (repair.winner().deleted() && !repair.target().equals(from.replica)) {
            return repair.condition().observed()
                    == null; // a tombstone for a replica that has been empty, harmless if it holds it
        }
        return switch (settings.rules().resolution()) {
            case LATEST, VECTOR ->
                isAmiss(from.partition, repair.target(), repair, key)
                        || isOutvoted(repair, key)
                        || world.disputes.isChosen(repair, key);
            case PRIMARY ->
                isAmiss(from.partition, repair.target(), repair, key)
                        || isAmiss(from.partition, settings.rules().primary(), repair, key);
            case MAJORITY ->
                world.plan.replicas().stream().anyMatch(replica -> isAmiss(from.partition, replica, repair, key));
        };
    }

    /** Whether a replica held something wrong at the cut of a repair, or had not come to something for too long. */
    private boolean isAmiss(int partition, String replica, Repair repair, String key) {
        Injected there = injected.get(new Place(replica, key));
        return there != null && there.healedMs >= earliestMs(repair.cutMs())
                || isOverdue(partition, replica, repair.cutMs(), key)
                || isPremature(partition, replica, repair, key);
    }

    /** Whether the entry of a repair is one that the resolution chooses. */
    private boolean isChosen(Node from, Repair repair, HeldValue sent, String key) {
        List<Node> owners = world.nodes.get(from.partition);
        long since = repair.cutMs() - CLOCKS_APART_MS;
        return switch (settings.rules().resolution()) {
            case LATEST, VECTOR -> true;
            case PRIMARY ->
                hadSince(world.node(from.partition, settings.rules().primary()), sent, repair.cutMs(), since, key);
            case MAJORITY -> {
                long had = owners.stream()
                        .filter(owner -> hadSince(owner, sent, repair.cutMs(), since, key))
                        .count();
                yield holdsNothing(repair.condition().observed()) || 2 * had > owners.size();
            }
        };
    }

    /** Nothing is known of it, or it has answered a repair that it holds nothing. */
    private static boolean holdsNothing(EntrySummary observed) {
        return observed == null || observed.deleted() && observed.version() == Long.MIN_VALUE;
    }

    private boolean hadSince(Node owner, HeldValue held, long cutMs, long sinceMs, String key) {
        boolean dropped = world.plan.has(Fault.SILENT_LOSS) && winner.same(cutMs, null, held);
        return dropped
                || owner.store.lastWordsSince(key, sinceMs).stream().anyMatch(word -> winner.same(cutMs, word, held));
    }

    /** During an outage patience ends. */
    private boolean isOverdue(int partition, String replica, long cutMs, String key) {
        if (!world.plan.has(Fault.LONG_OUTAGE) && !world.plan.has(Fault.OUTLASTED)) {
            return false;
        }
        Store target = world.node(partition, replica).store;
        for (Feed.Publication write : world.feeds.get(partition).of(key)) {
            long positionMs = Math.min(write.held().positionMs(), write.publishedMs());
            if (positionMs <= cutMs - settings.times().patienceMs() && target.deliveredMs(write) >= cutMs) {
                return true;
            }
        }
        return false;
    }

    /** With a clock that is off by more than the grace, a write can seem overdue that is still on its way. */
    private boolean isPremature(int partition, String replica, Repair repair, String key) {
        Store store = world.node(partition, replica).store;
        return world.plan.has(Fault.CLOCK_JUMP)
                && world.feeds.get(partition).of(key).stream()
                        .anyMatch(write -> (repair.condition().ifObserved()
                                        || write.held().version()
                                                == repair.winner().version())
                                && store.deliveredMs(write) >= repair.cutMs() - CLOCKS_APART_MS);
    }

    /** Two values of one version stood against each other, and the wrong one got the majority. */
    private boolean isOutvoted(Repair repair, String key) {
        if (repair.condition().observed() == null
                || repair.condition().observed().version() != repair.winner().version()) {
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
        Hash128 expected = table.rootAt(
                world.hash,
                windows,
                settings.shape().segmentBits(),
                settings.rules().compareValues(),
                round);
        exactRoots++;
        watermarks.put(node, root.watermarkMs());
        require(
                expected.equals(root.hash()) || root.hash().equals(Hash128.ZERO) && table.isEmpty(),
                null,
                "the root of " + node + " at cut " + message.cutMs() + " is not that of its entries");
    }

    void said(Node from, Message message) {
        world.disputes.said(from, message);
        boolean ofRounds = message.body() instanceof Message.Level || message.body() instanceof Message.Segment;
        if (ofRounds) {
            otherThanRoots++;
        }
    }

    /** Repairs of a node are held back from now on. */
    void suspect(Node node) {
        suspect = node;
    }

    /** A person approves of them: that they were held back must have been reported. */
    void approved() {
        require(
                guarded || world.plan.mayBeCutOff(),
                null,
                "nobody reports that repairs of " + suspect + " are held back");
        suspect = null;
    }

    boolean isGuarded() {
        return guarded;
    }

    void reported(Node from, RoundSummary summary) {
        guarded = guarded || !summary.repairs().guarded().isEmpty();
    }

    /** Keys on which what the reconcilers see differs though it could be repaired, with what is seen. */
    Map<String, String> missed(long cutMs) {
        Map<String, String> missed = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            List<Node> nodes = world.owners(partition);
            for (int k = partition; k < world.plan.keys(); k += world.plan.partitions()) {
                String key = "k" + k;
                if (!isEqual(nodes, key, cutMs) && isRepairable(nodes, key, cutMs)) {
                    missed.put(key, describe(nodes, key));
                }
            }
        }
        return missed;
    }

    /** Keys that a datastore holds otherwise than its reconciler thinks, without a lost write event. */
    Map<String, String> misseen(long cutMs) {
        Map<String, String> misseen = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            for (Node node : world.nodes.get(partition)) {
                for (String key : node.store.keys()) {
                    boolean eventLost = eventsLost.contains(new Place(node.replica, key));
                    if (!eventLost && !winner.same(cutMs, node.view(key), node.store.get(key))) {
                        misseen.put(key, node + " holds " + node.store.get(key) + ", seen is " + node.view(key));
                    }
                }
            }
        }
        return misseen;
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

    private boolean isEqual(List<Node> nodes, String key, long cutMs) {
        HeldValue first = nodes.get(0).view(key);
        return nodes.stream().allMatch(node -> winner.same(cutMs, first, node.view(key)));
    }

    /** Not if only a person can say what is right and does not, or the only link is broken. */
    boolean isRepairable(List<Node> nodes, String key, long cutMs) {
        Winner.Right right = winner.of(nodes, key, cutMs);
        if (right != null
                && right.held() == null
                && hasNeverWritten(nodes, settings.rules().primary())) {
            return false;
        }
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

    /** Where the newest wins: keys of which an owner lacks what the feed said last, with what is seen. */
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
                    lacking.put(key, newest + " was said, seen is " + describe(nodes, key));
                }
            }
        }
        return lacking;
    }

    /** Keys of which nothing says which entry is right, with the partition. */
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

    /** Whether nothing was ever seen of a primary: that it holds nothing deletes nothing then. */
    private boolean hasNeverWritten(List<Node> nodes, String primary) {
        return nodes.stream()
                .filter(node -> node.replica.equals(primary))
                .anyMatch(node -> watermarks.getOrDefault(node, Long.MIN_VALUE) == Long.MIN_VALUE);
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
