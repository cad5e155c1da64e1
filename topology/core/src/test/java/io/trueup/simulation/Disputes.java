package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What writers have seen of each other, the conflicts that are reported, and what a person chooses. Checks what each replica
 * reports, that it does not report it again before a pause, and that it withdraws its report when the conflict is settled; and
 * what a person sees who reads the reports of all replicas together: see {@link ConflictList}.
 */
final class Disputes {

    /** Longest time that a reconciler which goes down under the faults stays down after them. */
    static final int MAX_DOWN_MS = 15_000;
    /** Time from a choice until the reconcilers that it names restart: they have received it, and have not acted. */
    private static final int RESTART_MS = 200;
    /** How often a person chooses a side before trying the next one. */
    static final int CHOICES_OF_A_SIDE = 5;

    private record Reporter(String node, String key) {}

    private record Heard(Node from, Node to, long cutMs) {}

    /**
     * A side that a person has chosen.
     *
     * @param held what a replica held; null for absence
     * @param newest the highest version that a replica held when the person chose
     */
    private record Decision(HeldValue held, long newest) {}

    private record ReportedConflict(Node node, Conflict conflict, int incarnation, int losses) {}

    private final World world;
    private final Settings settings;
    private final Winner winner;
    private final Map<String, Map<String, Long>> counters = new HashMap<>();
    private final Map<String, VersionVector> written = new HashMap<>();
    private final Map<String, List<VersionVector>> chosen = new HashMap<>();
    /** How often a person has chosen between the same sides. */
    private final Map<String, Integer> choicesBetween = new HashMap<>();

    /** What was chosen where entries have no vectors, by key. */
    private final Map<String, List<Decision>> decisions = new HashMap<>();
    /** The sides between which a person has chosen last, and the entry chosen, by key. */
    private final Map<String, List<String>> chosenBetween = new HashMap<>();

    private final Set<String> deletedByChoice = new HashSet<>();
    private final Map<String, EntrySummary> chosenOnce = new HashMap<>();

    private final SplittableRandom restarts;
    private final Map<Reporter, ReportedConflict> openReports = new LinkedHashMap<>();
    /** Reports that were withdrawn last, with the incarnation of the reconciler that did it. */
    private final Map<Reporter, Integer> withdrawnReports = new HashMap<>();

    private final ConflictList list;
    private final Deafness deafness;
    private final ForgottenDeletes forgottenDeletes;
    /** Which node has received something from which other one about which cut. */
    private final Set<Heard> heard = new HashSet<>();

    private boolean arisen;
    private int reports;
    private int choices;

    Disputes(World world) {
        this.world = world;
        this.settings = world.plan.settings();
        this.winner = new Winner(settings);
        this.restarts = new SplittableRandom(world.plan.seed() ^ 0xA54FF53A5F1D36F1L);
        this.list = new ConflictList(world);
        this.deafness = new Deafness(world);
        this.forgottenDeletes = new ForgottenDeletes(world);
    }

    /** A replica received a write that is concurrent with its own entry. */
    void arose() {
        arisen = true;
    }

    boolean haveArisen() {
        return arisen;
    }

    /** How often conflicts were reported. */
    int reports() {
        return reports;
    }

    /** How many conflicts were settled by a choice. */
    int choices() {
        return choices;
    }

    /** The vector that has seen every write of a key, and every choice. */
    VersionVector allWritten(String key) {
        return written.getOrDefault(key, VersionVector.of(Map.of()));
    }

    /** The vector of the next write of a writer that has seen {@code seen}. */
    VersionVector next(String key, String writer, VersionVector seen) {
        long count = counters.computeIfAbsent(key, k -> new HashMap<>()).merge(writer, 1L, Long::sum);
        VersionVector next = seen.merge(VersionVector.of(Map.of(writer, count)));
        written.merge(key, next, VersionVector::merge);
        return next;
    }

    Deafness deafness() {
        return deafness;
    }

    /** A node receives a message of another one. */
    void heard(Node from, Node to, Message message) {
        heard.add(new Heard(from, to, message.cutMs()));
    }

    /** Whether a node has received something from another one about a cut. */
    boolean hasHeard(Node from, Node to, long cutMs) {
        return heard.contains(new Heard(from, to, cutMs));
    }

    void reported(Node from, Conflict conflict) {
        String key = World.text(conflict.key());
        if (conflict.sides().isEmpty()) {
            withdrawn(from, key, conflict);
            return;
        }
        Reporter reporter = new Reporter(from.toString(), key);
        ReportedConflict before = openReports.get(reporter);
        boolean isKnown = before != null && before.losses() == from.losses() && !world.plan.moves();
        reports++;
        require(
                conflict.reporter().equals(from.replica),
                key,
                from + " reports a conflict in place of another replica");
        requireHeard(from, key, conflict);
        forgottenDeletes.reported(from, key, conflict);
        List<Side> seen = seenAtCut(conflict);
        require(
                before != null
                        || mayHaveForgottenToWithdraw(from, reporter)
                        || first(seen).equals(from.replica),
                key,
                from + " reports a conflict, but is not the first replica by name that holds a side");
        require(seen.size() > 1, key, "a conflict has only one side");
        requireApart(seen, key);
        require(
                before == null
                        || before.incarnation() != from.incarnation()
                        || conflict.cutMs()
                                >= before.conflict().cutMs() + settings.times().repairTimeoutMs()
                        || before.conflict().reason() != conflict.reason()
                        || !sides(before.conflict()).equals(sides(conflict)),
                key,
                "a conflict is reported again before a pause");
        openReports.put(reporter, new ReportedConflict(from, conflict, from.incarnation(), from.losses()));
        list.reported(from, key, conflict, isKnown);
        deafness.reported(from);
    }

    /** Whether each replica that the reporter says to have heard at the cut has sent it something about the cut. */
    private void requireHeard(Node from, String key, Conflict conflict) {
        conflict.heardMs().forEach((replica, heardMs) -> {
            Node other = world.node(from.partition, replica);
            require(
                    heardMs != conflict.cutMs() || other == from || hasHeard(other, from, conflict.cutMs()),
                    key,
                    from + " reports what " + other + " holds at the cut, and has not heard it");
        });
    }

    /** The sides with those of their holders that were heard at the cut. */
    private static List<Side> seenAtCut(Conflict conflict) {
        return conflict.sides().stream()
                .map(side -> new Side(
                        side.replicas().stream()
                                .filter(replica -> conflict.heardMs().get(replica) == conflict.cutMs())
                                .toList(),
                        side.entry()))
                .filter(side -> !side.replicas().isEmpty())
                .toList();
    }

    /** A report is withdrawn: by the reconciler that has sent it, or in place of one whose replica is no owner any more. */
    private void withdrawn(Node from, String key, Conflict conflict) {
        boolean own = conflict.reporter().equals(from.replica);
        require(
                own || !from.isOwner(conflict.reporter()),
                key,
                from + " withdraws the report of " + conflict.reporter() + ", which is an owner");
        Node reporter = world.node(from.partition, conflict.reporter());
        ReportedConflict before = openReports.remove(new Reporter(reporter.toString(), key));
        withdrawnReports.put(new Reporter(reporter.toString(), key), reporter.incarnation());
        list.withdrawn(reporter, key);
        require(
                from.owns() || own && (before == null || hasWaited(before, conflict)),
                key,
                from + " is no owner, and withdraws a report before the owners had the time to do so");
        require(
                !own || before != null || from.losses() > 0 || world.plan.moves(),
                key,
                from + " reports that a conflict is settled which it never reported");
        require(
                world.plan.moves() || wereEqual(from.partition, key, conflict.cutMs()),
                key,
                from + " reports that a conflict is settled, but the replicas have not held the same since");
    }

    /** Whether patience and a repair timeout have passed since the replicas of a report were compared. */
    private boolean hasWaited(ReportedConflict report, Conflict withdrawal) {
        long comparedMs = report.conflict().heardMs().values().stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(Long.MIN_VALUE);
        return withdrawal.cutMs()
                >= comparedMs + settings.times().patienceMs() + settings.times().repairTimeoutMs();
    }

    /** Whether a reconciler that has withdrawn its report has crashed since, and does not know that. */
    private boolean mayHaveForgottenToWithdraw(Node from, Reporter reporter) {
        return world.plan.has(Fault.CRASH)
                && withdrawnReports.getOrDefault(reporter, from.incarnation()) < from.incarnation();
    }

    /** Whether there is an entry, or its absence, that all replicas have held at or since a cut. */
    private boolean wereEqual(int partition, String key, long cutMs) {
        long sinceMs = cutMs
                - world.plan.maxSkewMs()
                - world.plan.maxConsumeMs()
                - (world.plan.has(Fault.CLOCK_JUMP) ? Truth.CLOCKS_APART_MS : 0);
        List<Node> nodes = world.owners(partition);
        return heldSince(nodes.get(0), key, sinceMs)
                .anyMatch(held -> nodes.stream()
                        .allMatch(node ->
                                heldSince(node, key, sinceMs).anyMatch(other -> winner.same(cutMs, held, other))));
    }

    private Stream<HeldValue> heldSince(Node node, String key, long sinceMs) {
        boolean isUndated = world.plan.has(Fault.AHEAD_POSITION) && !world.plan.logAppendTime();
        List<HeldValue> replaced = isUndated
                ? node.store.log.replacedByThoseAhead(
                        key, sinceMs, settings.times().graceMs() - world.plan.maxSkewMs())
                : List.of();
        return Stream.concat(node.store.valuesSince(key, sinceMs).stream(), replaced.stream());
    }

    private static String first(List<Side> sides) {
        return sides.stream()
                .filter(side -> !side.entry().statesAbsence())
                .flatMap(side -> side.replicas().stream())
                .sorted()
                .findFirst()
                .orElseThrow();
    }

    private void requireApart(List<Side> sides, String key) {
        for (Side a : sides) {
            for (Side b : sides) {
                boolean ordered = a.entry().vector() != null
                        && b.entry().vector() != null
                        && (order(a, b) == Order.BEFORE || order(a, b) == Order.AFTER);
                require(!ordered, key, "one side of a conflict dominates another: " + sides);
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

    /**
     * Requires that each report was withdrawn, unless its reconciler may have lost its notes or its replica
     * is no owner any more.
     */
    void requireSettled() {
        openReports.forEach((reporter, reported) -> require(
                reported.losses() != reported.node().losses()
                        || !reported.node().owns(),
                reporter.key(),
                reporter.node() + " never reports that a conflict is settled: " + reported.conflict()));
    }

    /** Whether a reconciler has reported a conflict, and has not reported that it is settled. */
    boolean isReported(int partition, String key) {
        return openReports.entrySet().stream()
                .anyMatch(reported -> reported.getValue().node().partition == partition
                        && reported.getKey().key().equals(key));
    }

    /** Whether a key is listed for a reason. */
    boolean isListed(int partition, String key, Conflict.Reason reason) {
        return openReports.entrySet().stream()
                .anyMatch(reported -> reported.getValue().node().partition == partition
                        && reported.getKey().key().equals(key)
                        && reported.getValue().conflict().reason() == reason);
    }

    /** The reported conflicts of a partition whose sides still differ, by key: what the reports of all replicas say together. */
    Map<String, Conflict> unsettled(int partition) {
        Map<String, Conflict> unsettled = new TreeMap<>();
        openReports.forEach((reporter, reported) -> {
            String key = reporter.key();
            if (reported.node().partition == partition && stillDiffers(partition, key)) {
                unsettled.computeIfAbsent(key, k -> list.merged(partition, k));
            }
        });
        return unsettled;
    }

    /** Whether a key is listed because its delete may be forgotten: no rule decides that. */
    boolean mayBeDeleted(int partition, String key) {
        return isListed(partition, key, Conflict.Reason.REBUILT) || isListed(partition, key, Conflict.Reason.RETURNED);
    }

    private boolean stillDiffers(int partition, String key) {
        if (!world.plan.hasVectors() || mayBeDeleted(partition, key)) {
            return world.truth.differs(world.owners(partition), key);
        }
        List<HeldValue> views = world.owners(partition).stream()
                .map(node -> node.view(key))
                .filter(view -> view != null)
                .toList();
        return views.stream().anyMatch(a -> views.stream().anyMatch(b -> areApart(a, b)));
    }

    private boolean areApart(HeldValue a, HeldValue b) {
        if (!world.plan.hasVectors()) {
            return !winner.same(Long.MIN_VALUE, a, b);
        }
        return a.concurrentWith(b) || a.sameVersion(b) && !HeldValue.same(Long.MIN_VALUE, false, a, b);
    }

    /**
     * Chooses the first side; of some keys whose delete may be forgotten, that they are deleted. If a side was chosen several times and
     * all are still the same, the choice has no effect: the link from the only replica that holds the side may be broken. The person
     * then chooses the next side.
     */
    private Message.Choice choice(String key, Conflict conflict) {
        int before = choicesBetween.merge(key + sides(conflict), 1, Integer::sum) - 1;
        List<Side> readable = conflict.sides().stream()
                .filter(each -> !each.entry().isUnread())
                .toList();
        List<Side> sides = readable.isEmpty() ? conflict.sides() : readable;
        boolean mayBeDeleted =
                conflict.reason() == Conflict.Reason.REBUILT || conflict.reason() == Conflict.Reason.RETURNED;
        int first = mayBeDeleted ? (int) ((world.plan.seed() + key.hashCode()) & 1) : 0;
        Side side = sides.get((first + before / CHOICES_OF_A_SIDE) % sides.size());
        VersionVector merged = conflict.sides().stream()
                .map(each -> each.entry().vector())
                .filter(Objects::nonNull)
                .reduce(VersionVector::merge)
                .orElse(null);
        return new Message.Choice(
                key.getBytes(UTF_8),
                side.replicas().get(0),
                side.entry().version(),
                side.entry().digest(),
                merged,
                Long.MAX_VALUE);
    }

    /** A person sends a choice to all reconcilers of a partition. */
    void choose(int partition, String key, Conflict conflict) {
        choices++;
        Message.Choice choice = choice(key, conflict);
        Side side = conflict.sides().stream()
                .filter(each -> each.entry().version() == choice.version()
                        && each.entry().digest().equals(choice.digest()))
                .findFirst()
                .orElseThrow();
        world.trace.add(
                world.time.nowMs(),
                key,
                () -> "a person chooses what " + choice.replica() + " holds as of " + choice.version() + ", now "
                        + choice.merged());
        if (choice.merged() == null) {
            decided(partition, key, side);
        } else {
            chosen.computeIfAbsent(key, k -> new ArrayList<>()).add(choice.merged());
            written.merge(key, choice.merged(), VersionVector::merge);
        }
        if (side.entry().deleted()) {
            deletedByChoice.add(key);
        }
        world.nodes.get(partition).forEach(node -> world.time.after(1 + node.partition, () -> node.command(choice)));
    }

    private void decided(int partition, String key, Side side) {
        long newest = world.nodes.get(partition).stream()
                .flatMap(node ->
                        Stream.concat(node.store.valuesSince(key, Long.MIN_VALUE).stream(), node.store.unreadable(key)))
                .filter(Objects::nonNull)
                .mapToLong(HeldValue::version)
                .reduce(Long.MIN_VALUE, Math::max);
        decisions.computeIfAbsent(key, k -> new ArrayList<>()).add(new Decision(entry(partition, key, side), newest));
    }

    /**
     * A person chooses the first side, or that which was chosen before, once for the same sides: no restart may make it necessary to
     * choose again. The reconcilers whose replicas hold that side restart at once.
     */
    void chooseOnce(int partition, String key, Conflict conflict) {
        if (sides(conflict).equals(chosenBetween.put(key, sides(conflict)))) {
            return;
        }
        choices++;
        Side side = conflict.sides().stream()
                .filter(each -> isOf(each.entry(), chosenOnce.get(key)))
                .findFirst()
                .orElse(conflict.sides().get(0));
        chosenOnce.put(key, side.entry());
        Message.Choice choice = new Message.Choice(
                key.getBytes(UTF_8),
                side.replicas().get(0),
                side.entry().version(),
                side.entry().digest(),
                null,
                Long.MAX_VALUE);
        world.trace.add(
                world.time.nowMs(),
                key,
                () -> "a person chooses what " + choice.replica() + " holds as of " + choice.version());
        decided(partition, key, side);
        for (Node node : world.nodes.get(partition)) {
            world.time.after(1 + node.partition, () -> node.command(choice));
            if (side.replicas().contains(node.replica)) {
                world.truth.struck(Fault.CHOICE_LOST);
                world.time.after(RESTART_MS, () -> node.restart(50 + restarts.nextInt(5_000)));
            }
        }
    }

    private static boolean isOf(EntrySummary entry, EntrySummary chosen) {
        return chosen != null
                && entry.version() == chosen.version()
                && entry.digest().equals(chosen.digest());
    }

    /** What a datastore has reported as the entry of a side; null for nothing. */
    private HeldValue entry(int partition, String key, Side side) {
        EntrySummary entry = side.entry();
        return side.replicas().stream()
                .flatMap(replica -> world.node(partition, replica).store.valuesSince(key, Long.MIN_VALUE).stream())
                .filter(value -> value != null
                        && value.reportedVersion() == entry.version()
                        && (value.value() == null
                                ? entry.deleted()
                                : world.hash
                                        .value(value.value().getBytes(UTF_8))
                                        .equals(entry.digest())))
                .findFirst()
                .orElse(null);
    }

    /**
     * Whether a repair carries out what a person chose where entries have no vectors: it sends the side that was chosen, or deletes
     * where absence was chosen. What was written after the choice is not decided by it, but a further value of a version that was there
     * already is.
     *
     * @param replaced what the repair replaces; null for nothing
     */
    boolean isDecided(Repair repair, HeldValue sent, HeldValue replaced, String key) {
        return decisions.getOrDefault(key, List.of()).stream()
                .anyMatch(decision -> winner.same(repair.cutMs(), decision.held(), sent)
                        && (replaced == null || replaced.version() <= decision.newest()));
    }

    /** Whether a person has chosen that a key is deleted everywhere. */
    boolean isDeletedByChoice(String key) {
        return deletedByChoice.contains(key);
    }

    /** Whether a repair sends what a person chose, or a newer entry, to a replica that holds neither. */
    boolean isChosen(Repair repair, String key) {
        return chosen.getOrDefault(key, List.of()).stream()
                .anyMatch(merged -> reaches(repair.winner().vector(), merged)
                        && (repair.condition().observed() == null
                                || repair.condition().observed().isUnread()
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
