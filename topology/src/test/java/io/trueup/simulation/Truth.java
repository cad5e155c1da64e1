package io.trueup.simulation;

import io.trueup.reconcile.Divergence;
import io.trueup.reconcile.Message;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.Settings;
import io.trueup.tree.Hash128;
import io.trueup.tree.Windows;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Knows what was injected, and holds the reconcilers to the invariants: every repair answers an injected divergence that still
 * stands, none makes a replica older, every tree is that of its entries, and what can be repaired is repaired.
 */
final class Truth {

    private static final long OPEN = Long.MAX_VALUE;

    private static final Set<Fault> WRONG_VALUES = EnumSet.of(Fault.CORRUPT, Fault.DROPPED);

    private record Place(String replica, String key) {}

    private static final class Injected {
        private final EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);
        private long healedMs = OPEN;
    }

    private final World world;
    private final Settings settings;
    private final Windows windows;
    private final Map<Place, Injected> injected = new HashMap<>();
    private final EnumMap<Fault, Integer> struck = new EnumMap<>(Fault.class);
    private final EnumMap<Divergence, Integer> repairs = new EnumMap<>(Divergence.class);
    private long clamped;
    private long exactRoots;
    private long otherThanRoots;

    Truth(World world) {
        this.world = world;
        this.settings = world.plan.settings();
        this.windows = new Windows(settings.intervalMs(), settings.graceMs());
    }

    Map<Fault, Integer> struck() {
        return struck;
    }

    Map<Divergence, Integer> repairs() {
        return repairs;
    }

    long clamped() {
        return clamped;
    }

    long exactRoots() {
        return exactRoots;
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
        if (there.healedMs != OPEN && there.healedMs < world.time.nowMs() - 3 * settings.intervalMs()) {
            there.faults.clear();
        }
        there.faults.add(fault);
        there.healedMs = OPEN;
        struck(fault);
    }

    /** A reconciler has consumed a write event: perhaps its view of the key is right again. */
    void seen(Node node, String key) {
        Injected there = injected.get(new Place(node.replica, key));
        if (there == null || there.healedMs != OPEN) {
            return;
        }
        Held view = node.view(key);
        Held expected = node.store.expected(key);
        boolean newer = expected == null || view.version() > expected.version();
        boolean right =
                expected != null && view.version() == expected.version() && Held.sameAt(Long.MIN_VALUE, view, expected);
        boolean bothDead = expected != null && view.deadAt(world.time.nowMs()) && expected.deadAt(world.time.nowMs());
        if (newer || right || bothDead && view.version() == expected.version()) {
            there.healedMs = world.time.nowMs();
        }
    }

    /** Precision, and that no repair can make its target older. */
    void check(Node from, Repair repair) {
        String key = World.text(repair.key());
        repairs.merge(repair.reason(), 1, Integer::sum);
        require(repair.supplier().equals(from.replica), key, "a repair names another supplier: " + repair);
        require(
                repair.deleted()
                        ? repair.target().equals(from.replica)
                        : !repair.target().equals(from.replica),
                key,
                "a delete is emitted by its target, everything else by another: " + repair);
        if (!repair.deleted()) {
            WritesLog.Event source = from.store.log.at(repair.sourceOffset());
            require(
                    source != null
                            && key.equals(source.key())
                            && source.held().version() == repair.version()
                            && source.held().value() != null
                            && source.held().expiryMs() == repair.expiryMs(),
                    key,
                    "the value of a repair does not lie at its offset: " + source);
        }
        Message.Summary observed = repair.observed();
        require(
                observed == null || observed.version() <= repair.version(),
                key,
                "a repair would make " + repair.target() + " older");
        require(isCalledFor(from, repair, key), key, "nothing was wrong with " + repair.target() + ": " + repair);
    }

    private boolean isCalledFor(Node from, Repair repair, String key) {
        Injected there = injected.get(new Place(repair.target(), key));
        if (there != null && there.healedMs >= repair.cutMs()) {
            return true;
        }
        return isOverdue(from.partition, repair, key) || isOutvoted(repair, key);
    }

    /** During an outage patience ends. */
    private boolean isOverdue(int partition, Repair repair, String key) {
        if (!world.plan.has(Fault.LONG_OUTAGE)) {
            return false;
        }
        Store target = world.node(partition, repair.target()).store;
        for (Feed.Publication write : world.feeds.get(partition).of(key)) {
            long positionMs = Math.min(write.held().positionMs(), write.publishedMs());
            if (positionMs <= repair.cutMs() - settings.patienceMs() && target.deliveredMs(write) >= repair.cutMs()) {
                return true;
            }
        }
        return false;
    }

    /** Two values of one version stood against each other, and the wrong one got the majority. */
    private boolean isOutvoted(Repair repair, String key) {
        if (repair.observed() == null || repair.observed().version() != repair.version()) {
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
        Hash128 expected = table.rootAt(world.hash, windows, settings.segmentBits(), round);
        exactRoots++;
        require(
                expected.equals(root.hash()) || root.hash().equals(Hash128.ZERO) && table.isEmpty(),
                null,
                "the root of " + node + " at cut " + message.cutMs() + " is not that of its entries");
    }

    void said(Node from, Message message) {
        if (!(message.body() instanceof Message.Root)) {
            otherThanRoots++;
        }
    }

    void reported(Node from, RoundSummary summary) {
        clamped += summary.clamped();
    }

    /** Keys on which what the reconcilers see differs though it could be repaired, with what is seen. */
    Map<String, String> missed(long cutMs) {
        Map<String, String> missed = new TreeMap<>();
        for (int partition = 0; partition < world.feeds.size(); partition++) {
            List<Node> nodes = world.nodes.get(partition);
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
                    Injected there = injected.get(new Place(node.replica, key));
                    boolean eventLost = there != null && there.faults.contains(Fault.LOST_EVENT)
                            || there != null && there.faults.contains(Fault.LATE_EVENT);
                    if (!eventLost && !Held.sameAt(cutMs, node.view(key), node.store.get(key))) {
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
                if (!isEqual(world.nodes.get(partition), "k" + k, cutMs)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isEqual(List<Node> nodes, String key, long cutMs) {
        Held first = nodes.get(0).view(key);
        return nodes.stream().allMatch(node -> Held.sameAt(cutMs, first, node.view(key)));
    }

    /** Not if the newest version has several values and none a majority, or the only link is broken. */
    boolean isRepairable(List<Node> nodes, String key, long cutMs) {
        long newest = nodes.stream()
                .map(node -> node.view(key))
                .filter(view -> view != null)
                .mapToLong(Held::version)
                .max()
                .orElse(0);
        List<List<Node>> groups = new ArrayList<>();
        for (Node node : nodes) {
            Held view = node.view(key);
            if (view != null && view.version() == newest) {
                groups.stream()
                        .filter(group -> Held.sameAt(cutMs, group.get(0).view(key), view))
                        .findFirst()
                        .orElseGet(() -> {
                            groups.add(new ArrayList<>());
                            return groups.get(groups.size() - 1);
                        })
                        .add(node);
            }
        }
        List<Node> holders = groups.size() == 1
                ? groups.get(0)
                : groups.stream()
                        .filter(group -> 2 * group.size() > nodes.size())
                        .findFirst()
                        .orElse(List.of());
        if (holders.isEmpty()) {
            return false;
        }
        Held winner = holders.get(0).view(key);
        if (winner.deadAt(cutMs)) {
            return true;
        }
        return nodes.stream()
                .filter(node -> !Held.sameAt(cutMs, node.view(key), winner))
                .anyMatch(target ->
                        holders.stream().anyMatch(holder -> !world.linkIsBroken(holder.replica, target.replica)));
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
