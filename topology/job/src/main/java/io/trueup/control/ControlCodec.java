package io.trueup.control;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.reconcile.exchange.Message;
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
import io.trueup.reconcile.exchange.Message.Scope;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Hash;
import io.trueup.schema.SegmentEntry;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Converts between the reconciler's messages and the records of the control topic. Checks of a decoded message that it belongs
 * to the dataset and that its arrays fit each other; the reconciler checks whether it fits the tree. Thread-safe.
 */
public final class ControlCodec {

    private static final BodyEncoder BODY_ENCODER = new BodyEncoder();

    private final String dataset;
    private final RecordCodec<ControlMessage> codec;

    public ControlCodec(String dataset, RecordCodec<ControlMessage> codec) {
        this.dataset = dataset;
        this.codec = codec;
    }

    public byte[] encode(String topic, Message message) {
        ControlMessage record = new ControlMessage(
                dataset,
                message.replica(),
                message.partition(),
                message.cutMs(),
                message.sealOffset(),
                message.fingerprint(),
                message.body().accept(BODY_ENCODER));
        return codec.encode(topic, record);
    }

    public Message decode(String topic, byte[] value) throws MalformedRecordException {
        ControlMessage record = codec.decode(topic, value);
        if (!dataset.equals(record.getDataset())) {
            throw new MalformedRecordException("it belongs to dataset \"" + record.getDataset() + "\", not \"" + dataset
                    + "\": each dataset needs its own control topic");
        }
        return new Message(
                record.getReplica(),
                record.getPartition(),
                record.getCut(),
                record.getSealOffset(),
                record.getFingerprint(),
                decodeBody(record.getBody()));
    }

    /** Whether a record value can be decoded, or is malformed, without a further answer of a registry. Never waits. */
    public boolean isReady(String topic, byte[] value) {
        return codec.isReady(topic, value);
    }

    private static Message.Body decodeBody(Object body) throws MalformedRecordException {
        if (body instanceof io.trueup.schema.Root root) {
            return new Root(
                    decode(root.getHash()),
                    root.getEntries(),
                    decode(root.getEvidence()),
                    root.getFilling(),
                    root.getJoining(),
                    root.getPauses().stream().map(ControlCodec::decode).toList());
        }
        if (body instanceof io.trueup.schema.Level level) {
            return decode(level);
        }
        if (body instanceof io.trueup.schema.Segment segment) {
            List<EntrySummary> entries = new ArrayList<>(segment.getEntries().size());
            for (SegmentEntry entry : segment.getEntries()) {
                entries.add(decode(entry));
            }
            return new Segment(segment.getIndex(), segment.getChunk(), segment.getChunks(), entries);
        }
        if (body instanceof io.trueup.schema.Symbols symbols) {
            return new Symbols(symbols.getSegments(), symbols.getFirst(), bytes(symbols.getSymbols()));
        }
        if (body instanceof io.trueup.schema.Entries entries) {
            return decode(entries);
        }
        if (body instanceof io.trueup.schema.Probe probe) {
            return new Probe(decode(probe.getKeyHash()));
        }
        if (body instanceof io.trueup.schema.ProbeAnswer answer) {
            return new ProbeAnswer(
                    decode(answer.getKeyHash()),
                    answer.getEntry() == null ? null : decode(answer.getEntry()),
                    decode(answer.getEvidence()));
        }
        if (body instanceof io.trueup.schema.Rebuilding rebuilding) {
            return new Rebuilding(rebuilding.getSince(), rebuilding.getRead(), rebuilding.getTotal());
        }
        if (body instanceof io.trueup.schema.Approval approval) {
            return new Approval(
                    approval.getTarget(), constant(Scope.class, approval.getScope(), "scope"), approval.getUntil());
        }
        if (body instanceof io.trueup.schema.Complete complete) {
            return new Complete(complete.getReplica(), complete.getUntil());
        }
        if (body instanceof io.trueup.schema.Pause pause) {
            return decode(pause);
        }
        if (body instanceof io.trueup.schema.Choice choice) {
            return new Choice(
                    bytes(choice.getKey()),
                    choice.getReplica(),
                    orNone(choice.getVersion()),
                    choice.getDigest() == null ? Hash128.ZERO : decode(choice.getDigest()),
                    vector(choice.getMerged()),
                    choice.getUntil());
        }
        throw new MalformedRecordException("its body is of a kind that this version does not know");
    }

    private static Pause decode(io.trueup.schema.Pause pause) {
        return new Pause(pause.getTarget(), pause.getPaused(), pause.getGiven(), pause.getId());
    }

    private static Level decode(io.trueup.schema.Level level) throws MalformedRecordException {
        int descent = level.getLevel() - level.getParentLevel();
        int[] parents = level.getParents().stream().mapToInt(Integer::intValue).toArray();
        ByteBuffer hashes = level.getHashes();
        boolean fits = level.getParentLevel() >= 0
                && descent > 0
                && descent < Integer.SIZE - 1
                && hashes.remaining() == (long) parents.length * Hash128.BYTES << descent;
        if (!fits) {
            throw new MalformedRecordException(
                    "a level of " + hashes.remaining() + " bytes does not hold the hashes at level " + level.getLevel()
                            + " below " + parents.length + " nodes at level " + level.getParentLevel());
        }
        return new Level(level.getParentLevel(), level.getLevel(), parents, longs(hashes));
    }

    private static Entries decode(io.trueup.schema.Entries record) throws MalformedRecordException {
        List<EntrySummary> entries = new ArrayList<>(record.getEntries().size());
        for (SegmentEntry entry : record.getEntries()) {
            entries.add(decode(entry));
        }
        return new Entries(
                entries, record.getAbsent().stream().map(ControlCodec::decode).toList());
    }

    private static SegmentEntry encode(EntrySummary entry) {
        return new SegmentEntry(
                encode(entry.keyHash()),
                entry.version(),
                counters(entry.vector()),
                entry.positionMs(),
                entry.appendTimeMs(),
                entry.expiryMs() == Entry.NEVER ? null : entry.expiryMs(),
                entry.deleted() ? null : encode(entry.digest()),
                entry.undated());
    }

    private static EntrySummary decode(SegmentEntry entry) throws MalformedRecordException {
        boolean deleted = entry.getDigest() == null;
        return new EntrySummary(
                decode(entry.getKeyHash()),
                entry.getVersion(),
                vector(entry.getVector()),
                entry.getPosition(),
                entry.getAppendTime(),
                entry.getExpiry() == null ? Entry.NEVER : entry.getExpiry(),
                deleted,
                deleted ? Hash128.ZERO : decode(entry.getDigest()),
                entry.getUndated());
    }

    private static io.trueup.schema.Evidence encode(Evidence evidence) {
        return new io.trueup.schema.Evidence(
                orNull(evidence.watermarkMs()),
                orNull(evidence.progressMs()),
                evidence.proof().name(),
                orNull(evidence.knownFromMs()),
                orNull(evidence.horizonMs()),
                orNull(evidence.forgottenMs()),
                orNull(evidence.agreedMs()));
    }

    private static Evidence decode(io.trueup.schema.Evidence evidence) throws MalformedRecordException {
        return new Evidence(
                orNone(evidence.getWatermark()),
                orNone(evidence.getProgress()),
                progress(evidence.getProof()),
                orNone(evidence.getKnownFrom()),
                orNone(evidence.getHorizon()),
                orNone(evidence.getForgotten()),
                orNone(evidence.getAgreed()));
    }

    /** A version that declares nothing proves nothing: its progress is absent, too. */
    private static Progress progress(String proof) throws MalformedRecordException {
        return proof.isEmpty() ? Progress.EVENTS : constant(Progress.class, proof, "proof of progress");
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name, String what)
            throws MalformedRecordException {
        try {
            return Enum.valueOf(type, name);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException("its " + what + " \"" + name + "\" is not known to this version");
        }
    }

    private static Long orNull(long number) {
        return number == Evidence.NONE ? null : number;
    }

    private static long orNone(Long number) {
        return number == null ? Evidence.NONE : number;
    }

    private static Map<String, Long> counters(VersionVector vector) {
        return vector == null ? null : vector.counters();
    }

    private static VersionVector vector(Map<String, Long> counters) throws MalformedRecordException {
        try {
            return counters == null ? null : VersionVector.of(counters);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException(e.getMessage());
        }
    }

    private static Hash encode(Hash128 hash) {
        return new Hash(hash.toBytes());
    }

    private static Hash128 decode(Hash hash) {
        return Hash128.fromBytes(hash.bytes());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static ByteBuffer bytes(long[] hashes) {
        ByteBuffer bytes = ByteBuffer.allocate(hashes.length * Long.BYTES);
        bytes.asLongBuffer().put(hashes);
        return bytes;
    }

    private static long[] longs(ByteBuffer bytes) {
        long[] hashes = new long[bytes.remaining() / Long.BYTES];
        bytes.asLongBuffer().get(hashes);
        return hashes;
    }

    /** Returns the Avro record of a body. */
    private static final class BodyEncoder implements Message.Visitor<Object, RuntimeException> {

        @Override
        public Object root(Root root) {
            return new io.trueup.schema.Root(
                    encode(root.hash()),
                    root.entries(),
                    encode(root.evidence()),
                    root.filling(),
                    root.joining(),
                    root.pauses().stream().map(this::pause).toList());
        }

        @Override
        public Object level(Level level) {
            List<Integer> parents = Arrays.stream(level.parents()).boxed().toList();
            return new io.trueup.schema.Level(level.parentLevel(), level.level(), parents, bytes(level.hashes()));
        }

        @Override
        public Object segment(Segment segment) {
            List<SegmentEntry> entries =
                    segment.entries().stream().map(ControlCodec::encode).toList();
            return new io.trueup.schema.Segment(segment.index(), segment.chunk(), segment.chunks(), entries);
        }

        @Override
        public Object symbols(Symbols symbols) {
            return new io.trueup.schema.Symbols(
                    symbols.segments(), symbols.first(), ByteBuffer.wrap(symbols.symbols()));
        }

        @Override
        public Object entries(Entries entries) {
            return new io.trueup.schema.Entries(
                    entries.entries().stream().map(ControlCodec::encode).toList(),
                    entries.absent().stream().map(ControlCodec::encode).toList());
        }

        @Override
        public Object probe(Probe probe) {
            return new io.trueup.schema.Probe(encode(probe.keyHash()));
        }

        @Override
        public Object probeAnswer(ProbeAnswer answer) {
            return new io.trueup.schema.ProbeAnswer(
                    encode(answer.keyHash()),
                    answer.entry() == null ? null : encode(answer.entry()),
                    encode(answer.evidence()));
        }

        @Override
        public Object approval(Approval approval) {
            return new io.trueup.schema.Approval(
                    approval.target(), approval.scope().name(), approval.untilMs());
        }

        @Override
        public Object choice(Choice choice) {
            return new io.trueup.schema.Choice(
                    ByteBuffer.wrap(choice.key()),
                    choice.replica(),
                    orNull(choice.version()),
                    choice.digest().equals(Hash128.ZERO) ? null : encode(choice.digest()),
                    counters(choice.merged()),
                    choice.untilMs());
        }

        @Override
        public Object rebuilding(Rebuilding rebuilding) {
            return new io.trueup.schema.Rebuilding(rebuilding.sinceMs(), rebuilding.read(), rebuilding.total());
        }

        @Override
        public io.trueup.schema.Pause pause(Pause pause) {
            return new io.trueup.schema.Pause(pause.target(), pause.paused(), pause.givenMs(), pause.id());
        }

        @Override
        public Object complete(Complete complete) {
            return new io.trueup.schema.Complete(complete.replica(), complete.untilMs());
        }
    }
}
