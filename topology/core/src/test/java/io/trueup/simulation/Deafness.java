package io.trueup.simulation;

import io.trueup.reconcile.exchange.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * {@link Fault#PARTIAL_REPORT}: from the first report of a conflict in a partition on, one owner does not hear another one for
 * some rounds. Either none of its messages about rounds arrive, or all but its entries.
 */
final class Deafness {

    private static final int MIN_ROUNDS = 2;

    private record Window(Node from, Node to, boolean onlySegments, long untilMs) {}

    private final World world;
    private final SplittableRandom random;
    private final Map<Integer, Window> byPartition = new HashMap<>();

    Deafness(World world) {
        this.world = world;
        this.random = new SplittableRandom(world.plan.seed() ^ 0x629A292A367CD507L);
    }

    /** A conflict is reported. */
    void reported(Node reporter) {
        List<Node> owners = world.owners(reporter.partition);
        if (world.plan.has(Fault.PARTIAL_REPORT)
                && world.faultsGoOn()
                && owners.size() > 2
                && !byPartition.containsKey(reporter.partition)) {
            int from = random.nextInt(owners.size());
            int to = (from + 1 + random.nextInt(owners.size() - 1)) % owners.size();
            long ms = (MIN_ROUNDS + random.nextInt(3))
                    * world.plan.settings().times().intervalMs();
            byPartition.put(
                    reporter.partition,
                    new Window(owners.get(from), owners.get(to), random.nextBoolean(), world.time.nowMs() + ms));
        }
    }

    /** Whether an owner does not hear another one now. */
    boolean isUnderWay(int partition) {
        Window window = byPartition.get(partition);
        return window != null && world.faultsGoOn() && world.time.nowMs() < window.untilMs();
    }

    /** Whether a message does not arrive. */
    boolean isUnheard(Node from, Node to, Message message) {
        if (!isUnderWay(from.partition)) {
            return false;
        }
        Window window = byPartition.get(from.partition);
        boolean lost = message.body() instanceof Message.Segment
                || message.body() instanceof Message.Entries
                || !window.onlySegments()
                        && (message.body() instanceof Message.Root
                                || message.body() instanceof Message.Symbols
                                || message.body() instanceof Message.Level);
        boolean unheard = lost && window.from() == from && window.to() == to;
        if (unheard) {
            world.truth.struck(Fault.PARTIAL_REPORT);
        }
        return unheard;
    }
}
