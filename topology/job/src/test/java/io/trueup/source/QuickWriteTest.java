package io.trueup.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.Encoding;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.avro.SubjectNaming;
import io.trueup.avro.UnusableSchemaException;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.internals.RecordHeaders;

class QuickWriteTest {

    private static final SingleObjectCodec<WriteEvent> CODEC = SingleObjectCodec.of(WriteEvent.class);
    private static final int ID = 0x01020384;
    private static final RecordCodecs REGISTERED =
            RecordCodecs.of(new OneSchema(), SubjectNaming.RECORD, Encoding.REGISTRY);
    private static final RecordCodec<WriteEvent> REGISTERED_CODEC = REGISTERED.of(WriteEvent.class);
    private static final byte[] KEY = {1};

    private final WriteFormat format = WriteFormat.of("trueup", "writes", REGISTERED);
    private final QuickWrite quick = new QuickWrite();

    @Property(tries = 2000)
    void shouldReadNothingThatTheFormatReadsOtherwise(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean registered = random.nextBoolean();
        byte[] bytes = (registered ? REGISTERED_CODEC : CODEC).encode("writes", event(random));
        if (registered) {
            quick.readToo(ID);
        }
        for (int damage = random.nextInt(3); damage > 0; damage--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;

        check(seed, cut);
    }

    @Example
    void shouldReadUsualEvents() {
        WriteEvent.Builder usual = WriteEvent.newBuilder().setVersion(-3).setPosition(7);
        assertThat(reads(usual.setValue(ByteBuffer.wrap(new byte[200])).build()))
                .isTrue();
        assertThat(reads(usual.setExpiry(88L).setRepairId("r").build())).isTrue();
        assertThat(quick.expiryMs()).isEqualTo(88);
        assertThat(quick.version()).isEqualTo(-3);
        assertThat(quick.valueLength()).isEqualTo(200);
        assertThat(reads(usual.setValue(null).setDeleted(true).build())).isTrue();
        assertThat(quick.deleted()).isTrue();
    }

    @Example
    void shouldLeaveTheRestToTheFormat() {
        WriteEvent.Builder event = WriteEvent.newBuilder().setVersion(1).setPosition(7);
        assertThat(reads(event.build())).isFalse();
        assertThat(reads(event.setValueDigest(ByteBuffer.wrap(new byte[16])).build()))
                .isFalse();
        assertThat(reads(event.setValueDigest(null)
                        .setValue(ByteBuffer.allocate(1))
                        .setVector(Map.of("a", 1L))
                        .build()))
                .isFalse();
        byte[] progress = SingleObjectCodec.of(ProgressEvent.class).encode("", new ProgressEvent(5L));
        assertThat(QuickWrite.isWriteEvent(ByteBuffer.wrap(progress))).isFalse();
        assertThat(QuickWrite.isWriteEvent(null)).isFalse();
    }

    /** It stands for what cannot be read. A delete may have it. */
    @Example
    void shouldLeaveAValueOfTheLowestVersionToTheFormat() {
        WriteEvent.Builder lowest =
                WriteEvent.newBuilder().setVersion(Long.MIN_VALUE).setPosition(7);

        assertThat(reads(lowest.setValue(ByteBuffer.allocate(1)).build())).isFalse();
        assertThat(reads(lowest.setValue(null).setDeleted(true).build())).isTrue();
    }

    @Example
    void shouldReadEventsOfARegistryOnceTheirIdIsKnown() throws Exception {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(3)
                .setPosition(7)
                .setValue(ByteBuffer.wrap(new byte[9]))
                .build();
        byte[] bytes = REGISTERED_CODEC.encode("writes", event);
        assertThat(quick.read(ByteBuffer.wrap(bytes))).isFalse();
        assertThat(format.isCurrentWriteEvent(bytes)).as("not asked yet").isFalse();

        var unused = format.decode(KEY, bytes, new RecordHeaders(), 0, 0, 0);
        assertThat(format.isCurrentWriteEvent(bytes)).isTrue();
        assertThat(format.isCurrentWriteEvent(CODEC.encode("writes", event))).isFalse();
        quick.readToo(ID);

        assertThat(quick.read(ByteBuffer.wrap(bytes))).isTrue();
        assertThat(quick.version()).isEqualTo(3);
        assertThat(quick.valueLength()).isEqualTo(9);
        bytes[4]++;
        assertThat(quick.read(ByteBuffer.wrap(bytes))).as("another id").isFalse();
        assertThat(reads(event)).as("single-object encoding").isTrue();
    }

    private boolean reads(WriteEvent event) {
        return quick.read(ByteBuffer.wrap(CODEC.encode("writes", event)));
    }

    private void check(long seed, byte[] bytes) {
        byte[] apart = new byte[bytes.length + 5];
        System.arraycopy(bytes, 0, apart, 3, bytes.length);
        if (!quick.read(ByteBuffer.wrap(apart, 3, bytes.length).slice())) {
            return;
        }
        try {
            Observation seen = format.decode(KEY, bytes, new RecordHeaders(), 0, 0, 0);
            Write write = ((Observation.Observed) seen).write();
            assertThat(quick.version()).as("seed %d", seed).isEqualTo(write.version());
            assertThat(quick.deleted()).as("seed %d", seed).isEqualTo(write.deleted());
            assertThat(quick.expiryMs()).as("seed %d", seed).isEqualTo(write.expiryMs());
            assertThat(write.vector()).as("seed %d", seed).isNull();
            assertThat(write.digest()).as("seed %d", seed).isNull();
            assertThat(Arrays.copyOfRange(
                            quick.array(), quick.valueOffset(), quick.valueOffset() + quick.valueLength()))
                    .as("seed %d", seed)
                    .isEqualTo(write.deleted() ? new byte[0] : write.value());
        } catch (MalformedRecordException e) {
            throw new AssertionError("seed " + seed + ": the format does not read it: " + e.getMessage(), e);
        }
    }

    private static WriteEvent event(SplittableRandom random) {
        boolean deleted = random.nextInt(4) == 0;
        byte[] value = new byte[random.nextInt(200)];
        random.nextBytes(value);
        return WriteEvent.newBuilder()
                .setVersion(random.nextInt(10) == 0 ? Long.MIN_VALUE : random.nextLong() >> random.nextInt(64))
                .setVector(random.nextInt(10) == 0 ? Map.of("a", 1L) : null)
                .setPosition(random.nextLong() >>> random.nextInt(1, 64))
                .setDeleted(deleted)
                .setValue(deleted ? null : ByteBuffer.wrap(value))
                .setValueDigest(random.nextInt(10) == 0 ? ByteBuffer.wrap(new byte[16]) : null)
                .setExpiry(random.nextInt(3) == 0 ? random.nextLong() >>> 1 : null)
                .setRepairId(random.nextInt(3) == 0 ? "repair" : null)
                .build();
    }

    /** A registry of one schema. */
    private static final class OneSchema implements SchemaRegistry {

        @Override
        public Schema schema(int id) throws UnusableSchemaException {
            if (id != ID) {
                throw new UnusableSchemaException("there is no such schema");
            }
            return WriteEvent.getClassSchema();
        }

        @Override
        public boolean isSettled(int id) {
            return true;
        }

        @Override
        public int id(String subject, Schema schema) {
            return ID;
        }

        @Override
        public void close() {}
    }
}
