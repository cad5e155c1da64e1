package io.trueup.reconcile;

import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.MessageCheck;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.function.Supplier;

/** Checks control messages, and hands each on to the part that it is for: the round, the probes, or a person's command. */
final class MessageRouter {

    /** Reported in place of a replica's name where a command carries another fingerprint. */
    private static final String COMMAND = "(a command)";

    /** Takes messages of rounds. */
    interface Rounds {
        void receive(long nowMs, Message message);
    }

    private final PartitionContext context;
    private final Settings settings;
    private final ReconcilerState state;
    private final Supplier<PlacementState> placement;
    private final Probes probes;
    private final Rounds rounds;
    private final MessageCheck check;

    MessageRouter(
            PartitionContext context,
            ReconcilerState state,
            Supplier<PlacementState> placement,
            Probes probes,
            Rounds rounds) {
        this.context = context;
        this.settings = context.settings();
        this.state = state;
        this.placement = placement;
        this.probes = probes;
        this.rounds = rounds;
        this.check = new MessageCheck(settings, context.tree());
    }

    /** Whether a message is of another owner under the same settings. */
    boolean isOfPeer(Message message) {
        return !context.isLocal(message.replica())
                && placement.get().owners().contains(message.replica())
                && message.fingerprint() == placement.get().fingerprint();
    }

    /**
     * Takes in a message; own messages are ignored.
     *
     * @throws InvalidMessageException if it cannot be true; nothing was changed then
     */
    void route(long nowMs, Message message) {
        if (context.isLocal(message.replica())) {
            return;
        }
        MessageCheck.require(
                message.partition() == context.partition(),
                "it is about partition " + message.partition() + ", but lies in partition " + context.partition());
        boolean person = message.replica().equals(Message.PERSON);
        List<String> owners = placement.get().owners();
        boolean known = person || owners.contains(message.replica());
        if (message.fingerprint() != placement.get().fingerprint() || !known) {
            state.summary().disagreed(person ? COMMAND : message.replica());
            return;
        }
        message.body().accept(new Route(nowMs, message, owners));
    }

    private final class Route implements Message.Visitor<Void, RuntimeException> {
        private final long nowMs;
        private final Message message;
        private final List<String> owners;
        private final boolean isOwner;

        Route(long nowMs, Message message, List<String> owners) {
            this.nowMs = nowMs;
            this.message = message;
            this.owners = owners;
            this.isOwner = owners.contains(settings.replica());
        }

        private void requirePeer() {
            MessageCheck.require(
                    !message.replica().equals(Message.PERSON),
                    "it names no replica, and only a command or a probe may do so");
            message.body().accept(check);
        }

        private Void ofRound() {
            MessageCheck.require(context.windows().isCut(message.cutMs()), "no round has a cut at " + message.cutMs());
            requirePeer();
            rounds.receive(nowMs, message);
            return null;
        }

        @Override
        public Void root(Root root) {
            ofRound();
            root.pauses().stream().filter(this::isTimely).forEach(this::take);
            return null;
        }

        @Override
        public Void level(Level level) {
            return ofRound();
        }

        @Override
        public Void segment(Segment segment) {
            return ofRound();
        }

        @Override
        public Void symbols(Message.Symbols symbols) {
            return ofRound();
        }

        @Override
        public Void entries(Message.Entries entries) {
            return ofRound();
        }

        @Override
        public Void probeAnswer(ProbeAnswer answer) {
            requirePeer();
            if (isOwner) {
                probes.answered(nowMs, message.replica(), message.cutMs(), answer);
            }
            return null;
        }

        @Override
        public Void probe(Probe probe) {
            if (isOwner) {
                probes.heard(nowMs, message.cutMs(), probe.keyHash());
            }
            return null;
        }

        @Override
        public Void rebuilding(Message.Rebuilding rebuilding) {
            requirePeer();
            state.summary().rebuilding(message.replica());
            return null;
        }

        @Override
        public Void approval(Approval approval) {
            if (isOwner && owners.contains(approval.target())) {
                switch (approval.scope()) {
                    case FLOOD -> state.guard().approve(approval.target(), approval.untilMs(), nowMs);
                    case UNPROVEN -> // a command whose clock is ahead must not cover what is written later
                        state.unproven()
                                .approve(approval.target(), Math.min(message.cutMs(), nowMs), approval.untilMs());
                }
            }
            return null;
        }

        @Override
        public Void complete(Message.Complete complete) {
            if (context.isLocal(complete.replica()) && nowMs <= complete.untilMs()) {
                state.evidence().isComplete();
            }
            return null;
        }

        @Override
        public Void choice(Choice choice) {
            if (!isOwner || !owners.contains(choice.replica()) || nowMs > choice.untilMs() || choice.isOfUnread()) {
                return null;
            }
            boolean byHolder = settings.rules().newestWins() && choice.version() != Long.MIN_VALUE;
            if (byHolder && !context.isLocal(choice.replica())) {
                return null;
            }
            Hash128 keyHash = context.hash().key(choice.key());
            state.choices().chosen(keyHash, choice, nowMs);
            state.dispatcher()
                    .choose(nowMs, state.choices().turn(keyHash, choice.key(), context.replica(), nowMs), owners);
            return null;
        }

        @Override
        public Void pause(Pause pause) {
            check.pause(pause);
            MessageCheck.require(
                    isTimely(pause),
                    "the clock of the command is ahead by " + (pause.givenMs() - nowMs)
                            + " ms, and no later command could replace it until then");
            take(pause);
            return null;
        }

        private boolean isTimely(Pause pause) {
            return pause.givenMs() <= nowMs + settings.times().graceMs();
        }

        /** Takes in a command of any scope, also as no owner: the replica may become one while repairs are paused. */
        private void take(Pause pause) {
            if (!state.pauses().take(pause)) {
                return;
            }
            if (pause.paused()) {
                state.dispatcher().paused(pause.target());
                state.backfill().paused(pause.target());
            } else {
                state.choices().carryOutAgain();
            }
        }
    }
}
