package io.trueup.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.avro.message.MissingSchemaException;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The steps that the README describes for datastore engineers, with only this module on the class path. */
class DatastoreContractTest {

    private static final ClassSecurityPredicate TRUSTED_BEFORE = ClassSecurityValidator.getGlobal();

    @BeforeAll
    static void trust() {
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                ClassSecurityValidator.getGlobal(),
                type -> type.getPackageName().equals("io.trueup.schema")));
    }

    @AfterAll
    static void trustAsBefore() {
        ClassSecurityValidator.setGlobal(TRUSTED_BEFORE);
    }

    @Test
    void shouldWriteAWriteEventInSingleObjectEncoding() throws IOException {
        ByteBuffer encoded = WriteEvent.newBuilder()
                .setVersion(42)
                .setPosition(1_700_000_000_000L)
                .setValue(utf8("Berlin"))
                .build()
                .toByteBuffer();

        byte[] record = bytes(encoded);
        assertThat(record).startsWith(0xC3, 0x01);
        WriteEvent decoded = WriteEvent.fromByteBuffer(ByteBuffer.wrap(record));
        assertThat(decoded.getVersion()).isEqualTo(42);
        assertThat(decoded.getPosition()).isEqualTo(1_700_000_000_000L);
        assertThat(decoded.getDeleted()).isFalse();
        assertThat(decoded.getValue()).isEqualTo(utf8("Berlin"));
        assertThat(decoded.getRepairId()).isNull();
    }

    @Test
    void shouldReadARepairEvent() throws IOException {
        byte[] record = bytes(repair().toByteBuffer());

        RepairEvent repair = RepairEvent.fromByteBuffer(ByteBuffer.wrap(record));

        assertThat(repair).isEqualTo(repair());
        assertThat(repair.getCondition()).isEqualTo(Condition.IF_OBSERVED);
        assertThat(repair.getObserved().getVersion()).isEqualTo(41);
        assertThat(repair.getReference()).isNull();
    }

    @Test
    void shouldRefuseARecordOfAnotherSchema() throws IOException {
        byte[] record = bytes(repair().toByteBuffer());

        assertThatThrownBy(() -> WriteEvent.fromByteBuffer(ByteBuffer.wrap(record)))
                .isInstanceOf(MissingSchemaException.class);
    }

    private static RepairEvent repair() {
        return RepairEvent.newBuilder()
                .setId("9f3c")
                .setDataset("cities")
                .setTarget("us")
                .setSupplier("eu")
                .setPartition(3)
                .setCut(1_700_000_060_000L)
                .setReason(Divergence.STALE)
                .setVersion(42)
                .setPosition(1_700_000_000_000L)
                .setValue(utf8("Berlin"))
                .setCondition(Condition.IF_OBSERVED)
                .setObserved(new Observed(41L, null, false))
                .setValidUntil(1_700_003_600_000L)
                .build();
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
