package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Conflict;
import io.trueup.reconcile.Conflict.Side;
import io.trueup.reconcile.Message;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.Settings;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What writers have seen of each other, the conflicts that are told of, and what a person chooses. Holds the reconcilers to
 * telling a conflict by one replica, not again before a pause, and to telling that it is settled.
 */
final class Disputes {

    /** Longest that a reconciler that goes down under the faults stays down after them. */
    private static final int LONGEST_DOWN_MS = 15_000;
    /** How often a person chooses a side before trying the next one. */
    static final int CHOICES_OF_A_SIDE = 3;

    private record Teller(String node, String key) {}

    private record Told(Node node, Conflict conflict, int incarnation, int losses, long toldMs) {}

    private final World world;
    private final Settings settings;
    private final Map<String, Map<String, Long>> counters = new HashMap<>();
    private final Map<String, VersionVector> written = new HashMap<>();
    private final Map<String, List<VersionVector>> chosen = new HashMap<>();
    /** How often a person has chosen between the same sides. */
    private final Map<String, Integer> choicesBetween = new HashMap<>();

    private final Map<Teller, Told> standing = new LinkedHashMap<>();
    private final Map<String, Told> toldAt = new HashMap<>();
    /** When each reconciler spoke of a cut: said its root, or answered a probe. */
    private final Map<String, Long> saidMs = new HashMap<>();

    /** Until when each waits for the roots of all others. */
    private final Map<String, Long> settledMs = new HashMap<>();

    private boolean arisen;
    private int tellings;
    private int choices;

    Disputes(World world) {
        this.world = world;
        this.settings = world.plan.settings();
    }

    /** A replica heard of a write that does not know what it holds. */
    void arose() {
        arisen = true;
    }

    boolean haveArisen() {
        return arisen;
    }

    /** How often conflicts were told of. */
    int tellings() {
        return tellings;
    }

    /** How many were settled by a choice. */
    int choices() {
        return choices;
    }

    /** The vector that has seen every write of a key, and every choice. */
    VersionVector allWritten(String key) {
        return written.getOrDefault(key, VersionVector.of(Map.of()));
    }

    /** The vector of the next write of a writer that has seen something. */
    VersionVector next(String key, String writer, VersionVector seen) {
        long count = counters.computeIfAbsent(key, k -> new HashMap<>()).merge(writer, 1L, Long::sum);
        VersionVector next = seen.merge(VersionVector.of(Map.of(writer, count)));
        written.merge(key, next, VersionVector::merge);
        return next;
    }

    void said(Node from, Message message) {
        String cut = from + "@" + message.cutMs();
        if (message.body() instanceof Message.Root) {
            settledMs.put(cut, world.time.nowMs() + settings.times().settleMs());
            saidMs.put(cut, world.time.nowMs());
        } else if (message.body() instanceof Message.ProbeAnswer) {
            saidMs.put(cut, world.time.nowMs());
        }
    }

    void told(Node from, Conflict conflict) {
        String key = World.text(conflict.key());
        Teller teller = new Teller(from.toString(), key);
        Told before = standing.get(teller);
        if (conflict.sides().isEmpty()) {
            require(
                    before != null || from.losses() > 0,
                    key,
                    from + " tells that a conflict is settled that it never told");
            standing.remove(teller);
            return;
        }
        tellings++;
        require(
                teller(conflict).equals(from.replica),
                key,
                from + " tells of a conflict, not the first to hold a side");
        require(conflict.sides().size() > 1, key, "a conflict has one side");
        requireApart(conflict, key);
        Told told = new Told(from, conflict, from.incarnation(), from.losses(), world.time.nowMs());
        Told other = toldAt.put(key + "@" + conflict.cutMs(), told);
        require(
                other == null || world.time.nowMs() < allHeardFromMs() || mayBothTell(other, told),
                key,
                "a conflict is told by two replicas at one cut");
        require(
                before == null
                        || before.incarnation() != from.incarnation()
                        || conflict.cutMs()
                                >= before.conflict().cutMs() + settings.times().repairTimeoutMs()
                        || !sides(before.conflict()).equals(sides(conflict)),
                key,
                "a conflict is told again before a pause");
        standing.put(teller, told);
    }

    /**
     * From when on all compare the same replicas. Until then some have missed what others have heard: in the last round of the
     * faults, or until they are back from a restart and may join a round. If a replica lags as a whole, that lasts for another
     * patience: each waits for it from the cut at which it first heard that it lags, and for a while those for whom patience
     * has ended compare it, and the others do not yet.
     */
    private long allHeardFromMs() {
        long interval = settings.times().intervalMs();
        long joinedMs = LONGEST_DOWN_MS + ((settings.times().graceMs() + interval - 1) / interval + 2) * interval;
        return world.faultsEndMs
                + joinedMs
                + settings.times().patienceMs()
                + settings.times().graceMs()
                + interval;
    }

    /** While two are too far apart to be compared both may tell; also if one has not heard the other in time. */
    private boolean mayBothTell(Told a, Told b) {
        boolean apart = !names(a.conflict(), b.node().replica) && !names(b.conflict(), a.node().replica);
        return apart || hasMissed(a, b.node()) || hasMissed(b, a.node());
    }

    /** Whether one does not name the other, because what that said of the cut came when it waited for nobody any more. */
    private boolean hasMissed(Told told, Node other) {
        String cut = "@" + told.conflict().cutMs();
        long waitedUntilMs = settledMs.getOrDefault(told.node() + cut, told.toldMs());
        boolean late = saidMs.get(other + cut) + world.plan.maxDelayMs() > waitedUntilMs;
        return late && !names(told.conflict(), other.replica);
    }

    private static String teller(Conflict conflict) {
        return conflict.sides().stream()
                .flatMap(side -> side.replicas().stream())
                .sorted()
                .findFirst()
                .orElseThrow();
    }

    private static boolean names(Conflict conflict, String replica) {
        return conflict.sides().stream().anyMatch(side -> side.replicas().contains(replica));
    }

    private void requireApart(Conflict conflict, String key) {
        for (Side a : conflict.sides()) {
            for (Side b : conflict.sides()) {
                boolean ordered = settings.rules().resolution() == Settings.Resolution.VECTOR
                        && (order(a, b) == Order.BEFORE || order(a, b) == Order.AFTER);
                require(!ordered, key, "one side of a conflict dominates another: " + conflict.sides());
            }
        }
    }

    private static Order order(Side a, Side b) {
        return a.entry().vector().compare(b.entry().vector());
    }

    private static List<String> sides(Conflict conflict) {
        return conflict.sides().stream()
                .map(side -> side.replicas() + " " + side.entry().version() + " "
                        + side.entry().digest())
                .toList();
    }

    /** All that was told and still seems to stand is told to be settled, but by those that lost what they had noted. */
    void requireSettled() {
        standing.forEach((teller, told) -> require(
                told.losses() != told.node().losses(),
                teller.key(),
                teller.node() + " never tells that a conflict is settled: " + told.conflict()));
    }

    /** Whether somebody has told of a conflict, and not that it is settled. */
    boolean isTold(int partition, String key) {
        return standing.entrySet().stream()
                .anyMatch(told -> told.getValue().node().partition == partition
                        && told.getKey().key().equals(key));
    }

    /** The conflicts of a partition that are told of and stand, by key, as they were told last. */
    Map<String, Conflict> unsettled(int partition) {
        Map<String, Conflict> latest = new TreeMap<>();
        standing.forEach((teller, told) -> {
            if (told.node().partition == partition && stands(told.node().partition, teller.key())) {
                latest.merge(teller.key(), told.conflict(), (a, b) -> a.cutMs() >= b.cutMs() ? a : b);
            }
        });
        return latest;
    }

    private boolean stands(int partition, String key) {
        List<HeldValue> views = world.owners(partition).stream()
                .map(node -> node.view(key))
                .filter(view -> view != null)
                .toList();
        return views.stream().anyMatch(a -> views.stream().anyMatch(b -> isApart(a, b)));
    }

    private static boolean isApart(HeldValue a, HeldValue b) {
        return a.concurrentWith(b) || a.sameVersion(b) && !HeldValue.same(Long.MIN_VALUE, false, a, b);
    }

    /**
     * The first side. Where that was chosen some times and all sides still stand as they did, what is chosen does not get
     * through: there may be no link from the only replica that holds it. A person then takes the next side.
     */
    private Message.Choice choice(String key, Conflict conflict) {
        int before = choicesBetween.merge(key + sides(conflict), 1, Integer::sum) - 1;
        Side side = conflict.sides()
                .get(before / CHOICES_OF_A_SIDE % conflict.sides().size());
        VersionVector merged = conflict.sides().stream()
                .map(each -> each.entry().vector())
                .reduce(VersionVector::merge)
                .orElseThrow();
        return new Message.Choice(
                key.getBytes(UTF_8), side.replicas().get(0), side.entry().version(), merged);
    }

    /** A person tells all reconcilers of a partition. */
    void choose(int partition, String key, Conflict conflict) {
        choices++;
        Message.Choice choice = choice(key, conflict);
        world.trace.add(
                world.time.nowMs(),
                key,
                () -> "a person chooses what " + choice.replica() + " holds as of " + choice.version() + ", now {"
                        + choice.merged() + "}");
        chosen.computeIfAbsent(key, k -> new ArrayList<>()).add(choice.merged());
        written.merge(key, choice.merged(), VersionVector::merge);
        world.nodes.get(partition).forEach(node -> world.time.after(1 + node.partition, () -> node.command(choice)));
    }

    /** Whether a repair spreads what a person chose, or something that has seen it, to who has not seen it. */
    boolean isChosen(Repair repair, String key) {
        return chosen.getOrDefault(key, List.of()).stream()
                .anyMatch(merged -> reaches(repair.winner().vector(), merged)
                        && (repair.condition().observed() == null
                                || repair.condition().observed().vector().equals(merged)
                                || !reaches(repair.condition().observed().vector(), merged)));
    }

    private static boolean reaches(VersionVector vector, VersionVector other) {
        Order order = vector.compare(other);
        return order == Order.AFTER || order == Order.EQUAL;
    }

    private void require(boolean condition, String key, String otherwise) {
        world.truth.require(condition, key, otherwise);
    }
}
