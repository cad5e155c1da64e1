package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Complete;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Rebuilding;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.VersionVector;
import java.util.List;

/**
 * Estimates how many bytes of memory a message takes up, on a 64-bit Java virtual machine with compressed references. Takes time
 * in proportion to the entries of the message. Thread-safe.
 */
final class MessageMemory implements Message.Visitor<Long, RuntimeException> {

    /** The message, its body without lists and arrays, and its place in a list. */
    private static final long MESSAGE_BYTES = 256;

    /** An entry with two hashes and its place in a list. */
    private static final long ENTRY_BYTES = 136;

    /** A command to pause with two texts, without characters. */
    private static final long PAUSE_BYTES = 160;

    /** A hash and its place in a list. */
    private static final long HASH_BYTES = 40;
    /** A number and its place in a list. */
    private static final long NUMBER_BYTES = 20;

    private static final long VECTOR_BYTES = 64;
    /** The counter of one writer and its name, without characters. */
    private static final long COUNTER_BYTES = 120;

    private static final MessageMemory INSTANCE = new MessageMemory();

    private MessageMemory() {}

    static long bytes(Message message) {
        return MESSAGE_BYTES + message.body().accept(INSTANCE);
    }

    /** What the vectors of entries take up. */
    static long vectorBytes(List<EntrySummary> entries) {
        long bytes = 0;
        for (EntrySummary entry : entries) {
            bytes += bytes(entry.vector());
        }
        return bytes;
    }

    @Override
    public Long root(Root root) {
        return root.pauses().stream().mapToLong(this::pause).sum();
    }

    @Override
    public Long level(Level level) {
        return (long) Long.BYTES * level.hashes().length + (long) Integer.BYTES * level.parents().length;
    }

    @Override
    public Long segment(Segment segment) {
        return segment.entries().stream().mapToLong(MessageMemory::bytes).sum();
    }

    @Override
    public Long symbols(Symbols symbols) {
        return symbols.symbols().length + NUMBER_BYTES * symbols.segments().size();
    }

    @Override
    public Long entries(Entries entries) {
        return entries.entries().stream().mapToLong(MessageMemory::bytes).sum()
                + HASH_BYTES * entries.absent().size();
    }

    @Override
    public Long probe(Probe probe) {
        return 0L;
    }

    @Override
    public Long probeAnswer(ProbeAnswer answer) {
        return answer.entry() == null ? 0 : bytes(answer.entry());
    }

    @Override
    public Long rebuilding(Rebuilding rebuilding) {
        return 0L;
    }

    @Override
    public Long approval(Approval approval) {
        return 0L;
    }

    @Override
    public Long choice(Choice choice) {
        return choice.key().length + bytes(choice.merged());
    }

    @Override
    public Long complete(Complete complete) {
        return 0L;
    }

    @Override
    public Long pause(Pause pause) {
        return PAUSE_BYTES
                + (long) Character.BYTES * (pause.target().length() + pause.id().length());
    }

    private static long bytes(EntrySummary entry) {
        return ENTRY_BYTES + bytes(entry.vector());
    }

    static long bytes(VersionVector vector) {
        return vector == null
                ? 0
                : VECTOR_BYTES
                        + vector.counters().keySet().stream()
                                .mapToLong(writer -> COUNTER_BYTES + (long) Character.BYTES * writer.length())
                                .sum();
    }
}
