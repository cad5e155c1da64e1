package io.trueup.control;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
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

    private static Message.Body decodeBody(Object body) throws MalformedRecordException {
        if (body instanceof io.trueup.schema.Root root) {
            return new Root(
                    decode(root.getHash()),
                    root.getEntries(),
                    root.getWatermark(),
                    root.getSeeding(),
                    root.getJoining());
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
        if (body instanceof io.trueup.schema.Probe probe) {
            return new Probe(decode(probe.getKeyHash()));
        }
        if (body instanceof io.trueup.schema.Held held) {
            return new ProbeAnswer(
                    decode(held.getKeyHash()),
                    held.getEntry() == null ? null : decode(held.getEntry()),
                    held.getWatermark());
        }
        if (body instanceof io.trueup.schema.Approval approval) {
            return new Approval(approval.getTarget(), approval.getUntil());
        }
        if (body instanceof io.trueup.schema.Choice choice) {
            return new Choice(
                    bytes(choice.getKey()), choice.getChosen(), choice.getVersion(), vector(choice.getMerged()));
        }
        throw new MalformedRecordException("its body is of a kind that this version does not know");
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

    private static SegmentEntry encode(EntrySummary entry) {
        return new SegmentEntry(
                encode(entry.keyHash()),
                entry.version(),
                counters(entry.vector()),
                entry.positionMs(),
                entry.appendTimeMs(),
                entry.expiryMs() == Entry.NEVER ? null : entry.expiryMs(),
                entry.deleted() ? null : encode(entry.digest()));
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
                deleted ? Hash128.ZERO : decode(entry.getDigest()));
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
                    encode(root.hash()), root.entries(), root.watermarkMs(), root.seeding(), root.joining());
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
        public Object probe(Probe probe) {
            return new io.trueup.schema.Probe(encode(probe.keyHash()));
        }

        @Override
        public Object probeAnswer(ProbeAnswer answer) {
            return new io.trueup.schema.Held(
                    encode(answer.keyHash()),
                    answer.entry() == null ? null : encode(answer.entry()),
                    answer.watermarkMs());
        }

        @Override
        public Object approval(Approval approval) {
            return new io.trueup.schema.Approval(approval.target(), approval.untilMs());
        }

        @Override
        public Object choice(Choice choice) {
            return new io.trueup.schema.Choice(
                    ByteBuffer.wrap(choice.key()), choice.replica(), choice.version(), counters(choice.merged()));
        }
    }
}
