package io.trueup.reconcile.exchange;

/** Takes the messages that rounds exchange, and ignores all others. */
abstract class RoundMessages implements Message.Visitor<Void, RuntimeException> {

    @Override
    public final Void probe(Message.Probe probe) {
        return null;
    }

    @Override
    public final Void probeAnswer(Message.ProbeAnswer answer) {
        return null;
    }

    @Override
    public final Void rebuilding(Message.Rebuilding rebuilding) {
        return null;
    }

    @Override
    public final Void complete(Message.Complete complete) {
        return null;
    }

    @Override
    public final Void approval(Message.Approval approval) {
        return null;
    }

    @Override
    public final Void choice(Message.Choice choice) {
        return null;
    }

    @Override
    public final Void pause(Message.Pause pause) {
        return null;
    }
}
