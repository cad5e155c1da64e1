package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.ReportedTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Placement;
import io.trueup.tree.Entry;
import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The replicas, their reconcilers, and the messages and repairs between them. */
final class World {

    /** How long a report is under way to the flood guards of other partitions. */
    private static final int REPORT_MS = 200;

    final Plan plan;
    final Timeline time = new Timeline();
    final Trace trace;
    final KeyedHash hash;
    final Truth truth;
    final Disputes disputes;
    /** What the reconcilers have reported to the flood guards of other partitions. */
    final ReportedTotals totals;

    final RoundMemory memory;

    final List<Feed> feeds = new ArrayList<>();
    /** The nodes of each partition, in order of replica. */
    final List<List<Node>> nodes = new ArrayList<>();

    final long faultsEndMs;
    private Placement placement;
    /** Owners of each partition under the placement in force. */
    private List<List<Node>> owners = List.of();
    /** Owners of each partition before the last change. */
    private List<List<Node>> ownersBefore = List.of();

    private long placedMs = Long.MIN_VALUE;
    private final SplittableRandom transport;
    private final Map<String, Long> lastArrivalMs = new HashMap<>();
    private final String brokenSupplier;
    private final String brokenTarget;

    World(Plan plan, Trace trace, SplittableRandom random) {
        this.plan = plan;
        this.placement = plan.membership().first();
        this.trace = trace;
        this.hash = new KeyedHash(plan.settings().secret());
        this.truth = new Truth(this);
        this.disputes = new Disputes(this);
        this.memory = new RoundMemory(plan.roundMemory());
        this.totals = new ReportedTotals(plan.settings().with(plan.membership().first()), plan.partitions());
        this.transport = random.split();
        this.faultsEndMs =
                Timeline.START_MS + plan.faultRounds() * plan.settings().times().intervalMs();
        int drawn = random.nextInt(plan.replicas().size());
        int supplier = plan.slowNeverHoldsTheWinner() ? plan.replicas().indexOf(plan.slow()) : drawn;
        int step = 1 + random.nextInt(plan.replicas().size() - 1);
        this.brokenSupplier = plan.replicas().get(supplier);
        this.brokenTarget =
                plan.replicas().get((supplier + step) % plan.replicas().size());
        for (int partition = 0; partition < plan.partitions(); partition++) {
            Feed feed = new Feed();
            List<Node> row = new ArrayList<>();
            for (String replica : plan.replicas()) {
                Store store = new Store(this, replica, feed, random.split());
                row.add(new Node(this, store, partition, random.split()));
            }
            feeds.add(feed);
            nodes.add(row);
        }
        owners = ownersOfAll();
        nodes.forEach(row -> row.forEach(node -> {
            boolean owner = owners(node.partition).contains(node);
            node.store.begin(owner);
            if (!owner) {
                node.isAway();
            }
        }));
    }

    private List<List<Node>> ownersOfAll() {
        return nodes.stream()
                .map(row -> row.stream()
                        .filter(node -> placement.owners(node.partition).contains(node.replica))
                        .toList())
                .toList();
    }

    Placement placement() {
        return placement;
    }

    /** The nodes that own a partition. */
    List<Node> owners(int partition) {
        return owners.get(partition);
    }

    /** Whether a replica owns a partition, or owned it until a change that some reconcilers have not adopted yet. */
    boolean ownedLately(int partition, String replica) {
        Node node = node(partition, replica);
        boolean adopted = time.nowMs() > placedMs + Membership.ADOPTED_MS;
        return owners(partition).contains(node)
                || !adopted && ownersBefore.get(partition).contains(node);
    }

    /** Changes the placement: reconcilers adopt it one after the other, datastores when they join or have left. */
    void place(Placement next, SplittableRandom random) {
        boolean allAdopted = time.nowMs() > placedMs + Membership.ADOPTED_MS;
        List<List<Node>> before = owners;
        placement = next;
        totals.place(next);
        owners = ownersOfAll();
        ownersBefore = allAdopted ? before : nodes;
        placedMs = time.nowMs();
        trace.add(time.nowMs(), key -> true, () -> "owners are now " + owners);
        for (List<Node> row : nodes) {
            for (Node node : row) {
                boolean had = before.get(node.partition).contains(node);
                boolean has = owners(node.partition).contains(node);
                if (has && !had) {
                    node.store.join(node);
                } else if (had && !has) {
                    node.isAway();
                    truth.struck(Fault.LEAVE);
                    time.after(Membership.ADOPTED_MS + 1_000, () -> {
                        if (!owners(node.partition).contains(node)) {
                            node.store.leave();
                        }
                    });
                }
                time.after(1 + random.nextInt(Membership.ADOPTED_MS), () -> node.place(placement));
            }
        }
    }

    static String text(byte[] key) {
        return new String(key, UTF_8);
    }

    boolean faultsGoOn() {
        return time.nowMs() < faultsEndMs;
    }

    /** Whether a fault of the plan happens now. */
    boolean strikes(Fault fault, SplittableRandom random, int oneIn) {
        boolean strikes = plan.has(fault) && faultsGoOn() && random.nextInt(oneIn) == 0;
        if (strikes) {
            truth.struck(fault);
        }
        return strikes;
    }

    Node node(int partition, String replica) {
        return nodes.get(partition).get(plan.replicas().indexOf(replica));
    }

    boolean linkIsBroken(String supplier, String target) {
        return plan.has(Fault.BROKEN_LINK) && supplier.equals(brokenSupplier) && target.equals(brokenTarget);
    }

    boolean isDeafSomewhere(int partition, String key) {
        return nodes.get(partition).stream().anyMatch(node -> key.equals(node.store.deafTo()));
    }

    void broadcast(Node from, Message message) {
        trace.mix(message.replica().hashCode() ^ message.cutMs() ^ message.sealOffset() << 20);
        trace.mix(MessageTrace.hash(message.body()));
        trace.add(
                time.nowMs(),
                key -> MessageTrace.concerns(this, from, message.body(), key),
                () -> from + " sends for cut " + Trace.seconds(message.cutMs()) + ": "
                        + MessageTrace.text(message.body()));
        truth.sent(from, message);
        for (Node to : nodes.get(from.partition)) {
            if (strikes(Fault.MESSAGE_LOSS, transport, 4) || disputes.deafness().isUnheard(from, to, message)) {
                continue;
            }
            deliver(from + ">" + to.replica, () -> receive(from, to, message));
            if (strikes(Fault.MESSAGE_DUPLICATION, transport, 3)) {
                deliver(from + ">" + to.replica, () -> receive(from, to, message));
            }
        }
    }

    private void receive(Node from, Node to, Message message) {
        if (plan.knows(to.replica, message.body())) {
            disputes.heard(from, to, message);
            to.message(message);
        }
    }

    /** Delivers in order of sending on each link, unless messages are reordered. */
    private void deliver(String link, Runnable action) {
        long at = time.nowMs() + 1 + transport.nextInt(plan.maxDelayMs());
        if (strikes(Fault.MESSAGE_DELAY, transport, 10)) {
            at += transport.nextInt(2 * (int) plan.settings().times().intervalMs());
        }
        if (strikes(Fault.MESSAGE_REORDERING, transport, 3)) {
            at += transport.nextInt(1_000);
        } else {
            at = Math.max(at, lastArrivalMs.getOrDefault(link, 0L));
            lastArrivalMs.put(link, at);
        }
        time.at(at, action);
    }

    void emitted(Node from, Repair repair) {
        String key = text(repair.key());
        trace.mix(repair.id().hashCode() + repair.target().hashCode() + repair.attempt());
        trace.add(
                time.nowMs(),
                key,
                () -> from + " emits for cut " + Trace.seconds(repair.cutMs()) + " to " + repair.target() + ": "
                        + repair.reason()
                        + ", version " + repair.winner().version()
                        + (repair.winner().deleted() ? " deleted" : "") + ", observed "
                        + (repair.condition().observed() == null
                                ? "nothing"
                                : repair.condition().observed().version()) + ", attempt "
                        + repair.attempt());
        if (repair.reason() != Divergence.CONFLICT) { // a choice is carried out when it is heard, not at a cut
            trace.found(key, repair.cutMs(), text(repair));
        }
        WritesLog.Event source = from.store.log.at(repair.winner().sourceOffset());
        HeldValue winner = carried(repair, source);
        truth.check(from, repair, winner);
        if (trace.isIsolated()) {
            return;
        }
        if (linkIsBroken(repair.supplier(), repair.target())) {
            truth.struck(Fault.BROKEN_LINK);
            return;
        }
        if (strikes(Fault.REPAIR_LOSS, transport, 2)) {
            return;
        }
        Node target = node(from.partition, repair.target());
        String link = from + "=>" + target.replica;
        deliverRepair(link, target, repair, winner);
        if (strikes(Fault.REPAIR_DUPLICATION, transport, 2)) {
            deliverRepair(link, target, repair, winner);
        }
    }

    private static String text(Repair repair) {
        return repair.reason() + " at " + repair.target() + " by " + repair.supplier() + ": " + repair.winner()
                + " instead of " + repair.condition().observed();
    }

    private static HeldValue carried(Repair repair, WritesLog.Event source) {
        if (repair.winner().deleted()) {
            return new HeldValue(
                    repair.winner().version(),
                    repair.winner().vector(),
                    repair.winner().version(),
                    repair.winner().positionMs(),
                    null,
                    Entry.NEVER);
        }
        boolean merged = source != null
                && repair.reason() == Divergence.CONFLICT
                && repair.winner().vector() != null;
        return source == null
                ? null
                : merged ? source.held().under(repair.winner().vector()) : source.held();
    }

    private void deliverRepair(String link, Node target, Repair repair, HeldValue winner) {
        long at =
                Math.max(time.nowMs() + 1 + transport.nextInt(plan.maxDelayMs()), lastArrivalMs.getOrDefault(link, 0L));
        lastArrivalMs.put(link, at);
        time.at(at, () -> target.store.repair(repair, winner));
        time.at(at + transport.nextInt(plan.maxDelayMs()), () -> target.repairSent(repair));
    }

    void conflictReported(Node from, Conflict conflict) {
        trace.mix(conflict.keyHash().hi() + conflict.sides().size());
        trace.add(
                time.nowMs(),
                text(conflict.key()),
                () -> from + " reports a conflict for cut " + Trace.seconds(conflict.cutMs()) + " as "
                        + conflict.reporter() + ": " + conflict.sides() + ", heard " + conflict.heardMs());
        if (!conflict.sides()
                .isEmpty()) { // a sketch shows sooner that a key is equal than a segment in which others differ
            trace.found(
                    text(conflict.key()),
                    conflict.cutMs(),
                    "conflict of " + conflict.sides() + " by " + conflict.reporter());
        }
        disputes.reported(from, conflict);
    }

    void roundReported(Node from, RoundSummary summary) {
        trace.mix(summary.round() * 31
                + summary.outcome().name().hashCode()
                + summary.comparison().keys() * 7
                + summary.repairs().waiting());
        trace.add(
                time.nowMs(),
                key -> partition(key) == from.partition,
                () -> from + " reports round " + summary.round() + " " + summary.outcome() + " "
                        + summary.comparison().divergences()
                        + ", waiting " + summary.repairs().waiting() + ", lagging "
                        + summary.peers().lagging() + ", silent "
                        + summary.peers().silent() + (summary.note() == null ? "" : ": " + summary.note()));
        truth.roundReported(from, summary);
        time.after(
                REPORT_MS,
                () -> totals.reported(
                        from.replica,
                        from.partition,
                        summary.cutMs(),
                        summary.repairs().suspicious(),
                        summary.holdings().mostEntries(),
                        time.nowMs()));
    }

    int partition(String key) {
        return Integer.parseInt(key.substring(1)) % plan.partitions();
    }
}
