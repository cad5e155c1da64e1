package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Complete;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Rebuilding;

/** Ignores what is not about the trees of a round. */
abstract class RoundVisitor implements Message.Visitor<Void, RuntimeException> {

    @Override
    public Void probe(Probe probe) {
        return null;
    }

    @Override
    public Void probeAnswer(ProbeAnswer answer) {
        return null;
    }

    @Override
    public Void rebuilding(Rebuilding rebuilding) {
        return null;
    }

    @Override
    public Void complete(Complete complete) {
        return null;
    }

    @Override
    public Void approval(Approval approval) {
        return null;
    }

    @Override
    public Void choice(Choice choice) {
        return null;
    }

    @Override
    public Void pause(Pause pause) {
        return null;
    }
}
