package io.trueup.simulation;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import java.util.List;

/**
 * Checks, where an older entry or absence may win, that those by whose authority it wins had received what a repair replaces:
 * from the feed itself, whatever their write events and progress events say.
 */
final class Authority {

    private final World world;
    private final Settings settings;
    private final Winner winner;

    Authority(World world, Winner winner) {
        this.world = world;
        this.settings = world.plan.settings();
        this.winner = winner;
    }

    /** Whether a repair replaces nothing that the authority has not received. */
    boolean hadReceived(Node from, Repair repair, HeldValue sent, String key) {
        EntrySummary observed = repair.condition().observed();
        if (!repair.condition().ifObserved() || observed == null || observed.statesAbsence()) {
            return true;
        }
        HeldValue replaced = replaced(from, repair, key);
        boolean replacesOlder = !repair.winner().deleted() && sent.version() >= replaced.version();
        return replacesOlder
                || world.feeds.get(from.partition).of(key).stream()
                        .filter(write -> write.held().version() == replaced.version())
                        .allMatch(write ->
                                hasReceived(from, write, repair, sent) || isDatedByAWrongClock(from.partition, write));
    }

    /** Whether a clock was wrong since a write was published, by more than clocks differ: the write may have been dated too early. */
    private boolean isDatedByAWrongClock(int partition, Feed.Publication write) {
        return world.plan.has(Fault.CLOCK_JUMP)
                && world.nodes.get(partition).stream().anyMatch(node -> node.clockWasWrongMs() >= write.publishedMs());
    }

    /** What a repair replaces, as its target had reported it. */
    HeldValue replaced(Node from, Repair repair, String key) {
        EntrySummary observed = repair.condition().observed();
        Store target = world.node(from.partition, repair.target()).store;
        if (observed.isUnread()) {
            return target.unreadableOf(key, observed.digest());
        }
        long version = observed.version();
        return target.valuesSince(key, Long.MIN_VALUE).stream()
                .filter(value -> value != null && value.reportedVersion() == version)
                .findFirst()
                .orElseThrow();
    }

    private boolean hasReceived(Node from, Feed.Publication write, Repair repair, HeldValue sent) {
        if (settings.rules().resolution() == Settings.Resolution.PRIMARY) {
            return hasReceived(world.node(from.partition, settings.rules().primary()), write, repair);
        }
        List<Node> owners = world.nodes.get(from.partition).stream()
                .filter(node -> from.isOwner(node.replica))
                .toList();
        long votes = owners.stream()
                .filter(owner -> owner.store.valuesSince(write.key(), Long.MIN_VALUE).stream()
                        .anyMatch(value -> value != null && winner.same(repair.cutMs(), value, sent)))
                .filter(owner -> hasReceived(owner, write, repair))
                .count();
        return 2 * votes > owners.size();
    }

    /**
     * Whether a write had arrived when the replica declared what it had seen at the cut. A replica that held a higher version at the cut would not have applied
     * the write, where versions are compared.
     */
    private boolean hasReceived(Node owner, Feed.Publication write, Repair repair) {
        return owner.store.deliveredMs(write) <= world.truth.sealedMs(owner, repair.cutMs())
                || !settings.rules().compareValues()
                        && owner.store.valuesSince(write.key(), repair.cutMs()).stream()
                                .anyMatch(value -> value != null
                                        && value.reportedVersion() != HeldValue.NOTHING
                                        && value.version() >= write.held().version());
    }
}
