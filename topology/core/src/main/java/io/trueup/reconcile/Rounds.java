package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.exchange.EarlyMessages;
import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Windows;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Which round of a reconciler is due, awaits the end of the writes partition, or is open: one at a time. A round that cannot be compared
 * is reported with the reason. Not thread-safe.
 */
final class Rounds {

    private final PartitionContext context;
    private final ReconcilerState state;
    private final Supplier<PlacementState> placement;
    private final LocalRebuild rebuild;
    private final EndOfInput endOfInput;
    private final EntryTree tree;
    private final Windows windows;
    private final RoundMemory.Share memory;
    private final EarlyMessages early;

    private long lastDueRound;
    private Long awaitedRound;
    private Round open;

    /** Rounds already due are not joined. */
    Rounds(
            PartitionContext context,
            ReconcilerState state,
            Supplier<PlacementState> placement,
            LocalRebuild rebuild,
            EndOfInput endOfInput,
            RoundMemory.Share memory,
            long nowMs) {
        this.context = context;
        this.state = state;
        this.placement = placement;
        this.rebuild = rebuild;
        this.endOfInput = endOfInput;
        this.tree = context.tree();
        this.windows = context.windows();
        this.lastDueRound = windows.dueAt(nowMs);
        this.memory = memory;
        early = new EarlyMessages(memory);
    }

    private boolean isOwner() {
        return placement.get().owners().contains(context.replica());
    }

    /** The owners have changed: a round under way ends unreported. */
    void abandon() {
        open = null;
        awaitedRound = null;
        early.clear();
    }

    /** Takes in a message of a peer about a round. */
    void receive(long nowMs, Message message) {
        if (open != null && open.cutMs() == message.cutMs()) {
            open.receive(nowMs, message);
            forgetIfClosed();
        } else if (message.cutMs() > windows.cutMs(tree.sealedRound())) {
            early.keep(message, windows.cutMs(lastDueRound + 1));
        }
    }

    private void forgetIfClosed() {
        if (open.isClosed()) {
            open = null;
        }
    }

    /** Closes the open round if its time is over. */
    void tick(long nowMs) {
        if (open != null) {
            open.tick(nowMs);
            forgetIfClosed();
        }
    }

    /**
     * Starts the round that is due, if there is one.
     *
     * @param opened whether the tree is built
     */
    void startDue(long nowMs, boolean opened) {
        long due = windows.dueAt(nowMs);
        if (due > lastDueRound) {
            state.summary().missed(isOwner() ? due - lastDueRound - 1 : 0);
            lastDueRound = due;
            start(nowMs, due, opened);
        }
    }

    private void start(long nowMs, long due, boolean opened) {
        if (open != null) {
            open.close(nowMs);
            open = null;
        }
        if (awaitedRound != null) {
            skip(nowMs, awaitedRound, "not consumed up to the end of the writes partition within the interval");
            awaitedRound = null;
        }
        state.answers().expire(nowMs);
        state.choices().expire(nowMs);
        state.unproven().expire(nowMs);
        state.guard().expire(nowMs);
        state.dispatcher().nextRound();
        early.forgetBefore(windows.cutMs(due));
        memory.begin(windows.cutMs(due));
        if (!isOwner()) {
            tree.seal(due - 1);
            state.evidence().isAway(windows.cutMs(due));
            state.conflicts().left(windows.cutMs(due));
        } else if (!opened) {
            skip(nowMs, due, "the tree is being built from the stored entries");
        } else if (tree.whyInexact(due) != null) {
            skip(nowMs, due, tree.whyInexact(due));
        } else {
            if (rebuild.isUnderWay()) {
                context.publish(windows.cutMs(due), -1, placement.get().fingerprint(), rebuild.message());
            }
            awaitedRound = due;
            endOfInput.awaitEnd(due);
        }
    }

    /** The writes partition is consumed up to its end: the awaited round opens. */
    void sealed(long nowMs, long round, long offset) {
        if (awaitedRound == null || awaitedRound != round) {
            return;
        }
        awaitedRound = null;
        tree.seal(round);
        consumedToEnd(nowMs);
        if (tree.whyInexact(round) != null) {
            skip(nowMs, round, tree.whyInexact(round));
            return;
        }
        if (nowMs >= context.deadlineMs(round)) {
            skip(nowMs, round, "sealed only after its deadline");
            return;
        }
        open = new Round(context, state, placement.get(), memory, round, offset, nowMs);
        open.start();
        for (Message message : early.take(open.cutMs())) {
            if (open != null) {
                receiveEarly(nowMs, message);
            }
        }
    }

    private void receiveEarly(long nowMs, Message message) {
        try {
            receive(nowMs, message);
        } catch (InvalidMessageException e) {
            context.outbox().refused(message, e.getMessage());
        }
    }

    /** The writes partition is consumed. A rebuild of the state ends before anything is concluded from the state. */
    void consumedToEnd(long nowMs) {
        if (rebuild.isUnderWay()) {
            state.evidence().rebuilt(rebuild.finished());
        }
        tree.caughtUp(nowMs);
        state.evidence().consumedAt(nowMs);
    }

    private void skip(long nowMs, long round, String reason) {
        RoundSummaryBuilder.Observed nothing = RoundSummaryBuilder.Observed.nothing(
                new RoundSummary.Holdings("", tree.entries(), tree.entries(), tree.watermarkMs(), Map.of()),
                state.guard().held(),
                state.resting(context.settings(), placement.get().owners(), nowMs),
                new RoundSummary.Timing(Math.max(0, nowMs - windows.dueMs(round)), 0));
        long cutMs = windows.cutMs(round);
        context.outbox()
                .report(state.summary()
                        .build(round, cutMs, Outcome.SKIPPED, reason, nothing, state.answers(), tree.clamped()));
    }
}
