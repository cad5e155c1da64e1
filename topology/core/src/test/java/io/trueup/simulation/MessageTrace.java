package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.tree.Hash128;
import java.util.Arrays;

/** How a control message appears in the trace of a schedule: in its fingerprint, and in its text. */
final class MessageTrace {

    private MessageTrace() {}

    /** What a message adds to the fingerprint. */
    static long hash(Body body) {
        return body.accept(new Fingerprint());
    }

    /** A short text of a message. */
    static String text(Body body) {
        return body.accept(new Text());
    }

    /** Whether a message of a node is about the part of the tree in which a key lies. */
    static boolean concerns(World world, Node from, Body body, String key) {
        return world.partition(key) == from.partition && body.accept(new Concerns(world, from, key));
    }

    private static final class Fingerprint implements Message.Visitor<Long, RuntimeException> {

        @Override
        public Long root(Root root) {
            return root.hash().hi() ^ root.evidence().watermarkMs();
        }

        @Override
        public Long level(Level level) {
            return Arrays.hashCode(level.parents()) ^ (long) Arrays.hashCode(level.hashes()) << 32;
        }

        @Override
        public Long segment(Segment segment) {
            return (long) segment.hashCode();
        }

        @Override
        public Long symbols(Message.Symbols symbols) {
            return symbols.first() ^ (long) Arrays.hashCode(symbols.symbols()) << 32;
        }

        @Override
        public Long entries(Message.Entries entries) {
            return (long) entries.hashCode();
        }

        @Override
        public Long probe(Probe probe) {
            return (long) probe.hashCode();
        }

        @Override
        public Long probeAnswer(ProbeAnswer answer) {
            return (long) answer.hashCode();
        }

        @Override
        public Long rebuilding(Message.Rebuilding rebuilding) {
            return (long) rebuilding.hashCode();
        }

        @Override
        public Long complete(Message.Complete complete) {
            return (long) complete.hashCode();
        }

        @Override
        public Long pause(Message.Pause pause) {
            return (long) pause.hashCode();
        }

        @Override
        public Long approval(Approval approval) {
            return (long) approval.hashCode();
        }

        @Override
        public Long choice(Choice choice) {
            return (long) choice.hashCode();
        }
    }

    private static final class Text implements Message.Visitor<String, RuntimeException> {

        @Override
        public String root(Root root) {
            return "root " + root.hash().toString().substring(0, 6) + ", " + root.entries() + " entries, watermark "
                    + Trace.seconds(root.evidence().watermarkMs()) + ", progress "
                    + Trace.seconds(root.evidence().progressMs())
                    + noted(", known from ", root.evidence().knownFromMs())
                    + noted(", horizon ", root.evidence().horizonMs())
                    + noted(", forgotten ", root.evidence().forgottenMs());
        }

        private static String noted(String name, long timeMs) {
            return timeMs == Evidence.NONE ? "" : name + Trace.seconds(timeMs);
        }

        @Override
        public String level(Level level) {
            return "hashes of level " + level.level() + " below " + Arrays.toString(level.parents());
        }

        @Override
        public String segment(Segment segment) {
            return "segment " + segment.index() + " (" + (segment.chunk() + 1) + " of " + segment.chunks() + "), "
                    + segment.entries().size() + " entries";
        }

        @Override
        public String symbols(Message.Symbols symbols) {
            return symbols.count() + " symbols from " + symbols.first() + " of "
                    + (symbols.segments().isEmpty() ? "all" : "segments " + symbols.segments());
        }

        @Override
        public String entries(Message.Entries entries) {
            return "entries of keys " + entries.entries() + ", absent " + entries.absent();
        }

        @Override
        public String probe(Probe probe) {
            return probe.toString();
        }

        @Override
        public String probeAnswer(ProbeAnswer answer) {
            return answer.toString();
        }

        @Override
        public String rebuilding(Message.Rebuilding rebuilding) {
            return rebuilding.toString();
        }

        @Override
        public String complete(Message.Complete complete) {
            return complete.toString();
        }

        @Override
        public String pause(Message.Pause pause) {
            return pause.toString();
        }

        @Override
        public String approval(Approval approval) {
            return approval.toString();
        }

        @Override
        public String choice(Choice choice) {
            return choice.toString();
        }
    }

    private record Concerns(World world, Node from, String key) implements Message.Visitor<Boolean, RuntimeException> {

        private Hash128 keyHash() {
            return world.hash.key(key.getBytes(UTF_8));
        }

        private boolean isKey(Hash128 keyHash) {
            return keyHash.equals(keyHash());
        }

        @Override
        public Boolean root(Root root) {
            return true;
        }

        @Override
        public Boolean level(Level level) {
            return Arrays.stream(level.parents()).anyMatch(parent -> from.isIn(level.parentLevel(), parent, key));
        }

        @Override
        public Boolean segment(Segment segment) {
            return from.isIn(world.plan.settings().shape().segmentBits(), segment.index(), key);
        }

        @Override
        public Boolean symbols(Message.Symbols symbols) {
            int bits = world.plan.settings().shape().segmentBits();
            return symbols.segments().isEmpty()
                    || symbols.segments().stream().anyMatch(segment -> from.isIn(bits, segment, key));
        }

        @Override
        public Boolean entries(Message.Entries entries) {
            return entries.entries().stream().anyMatch(entry -> isKey(entry.keyHash()))
                    || entries.absent().stream()
                            .anyMatch(absent -> absent.hi() == keyHash().hi());
        }

        @Override
        public Boolean probe(Probe probe) {
            return isKey(probe.keyHash());
        }

        @Override
        public Boolean probeAnswer(ProbeAnswer answer) {
            return isKey(answer.keyHash());
        }

        @Override
        public Boolean rebuilding(Message.Rebuilding rebuilding) {
            return true;
        }

        @Override
        public Boolean complete(Message.Complete complete) {
            return true;
        }

        @Override
        public Boolean pause(Message.Pause pause) {
            return true;
        }

        @Override
        public Boolean approval(Approval approval) {
            return true;
        }

        @Override
        public Boolean choice(Choice choice) {
            return true;
        }
    }
}
